"""Holds what is asked and what is answered to GitHub's description of its API.

Every function lists what is wrong, in words; an empty list means that GitHub would do the same.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

import jsonschema_rs

from tests.hub import description, examples

TYPES = {"integer": int, "number": float, "boolean": {"true": True, "false": False}.__getitem__}
# Here the description is wrong: an account would be a person and an enterprise at once. It has
# the same thing right elsewhere.
INSTALLATION = {"$ref": "#/components/schemas/installation"}
CORRECTED = {("GET", "/app/installations", "200"): {"type": "array", "items": INSTALLATION}}
ERRORS = ("basic-error", "validation-error", "validation-error-simple")


def wrong_request(
    method: str,
    template: str,
    path: Mapping[str, str],
    query: Mapping[str, str],
    body: object,
) -> list[str]:
    """A field, parameter or type that the operation does not have, or one that it misses."""
    operation = description.operation(method, template)
    where = f"{method} {template}"
    declared = {(one["in"], one["name"]): one for one in operation["parameters"]}
    found = []
    for kind, given in (("path", path), ("query", query)):
        known = {name: one for (place, name), one in declared.items() if place == kind}
        found += [f"{where}: no {kind} parameter {name}" for name in given.keys() - known.keys()]
        for name, parameter in known.items():
            if name in given:
                found += wrong_text(f"{where}: {name}", parameter, given[name])
            elif parameter.get("required"):
                found.append(f"{where}: {kind} parameter {name} is missing")
    return found + wrong_body(where, method, template, operation, body)


def wrong_text(where: str, parameter: dict[str, Any], given: str) -> list[str]:
    schema = description.resolved(parameter["schema"])
    value: Any = given
    try:
        if schema.get("type") in TYPES:
            value = TYPES[schema["type"]](given)
        elif schema.get("type") == "array":
            value = given.split(",")
    except (ValueError, KeyError):
        return [f"{where}: {given!r} is no {schema['type']}"]
    return told(where, description.validator(parameter["schema"]), value)


def wrong_body(
    where: str, method: str, template: str, operation: dict[str, Any], body: object
) -> list[str]:
    wanted = operation.get("requestBody")
    if wanted is None or body is None:
        spare = wanted is None and body not in (None, {})
        missing = wanted is not None and wanted.get("required", False)
        return [f"{where}: takes no body"] if spare else [f"{where}: no body"] if missing else []
    return told(where, for_request(method, template), body)


def wrong_response(method: str, template: str, status: int, body: object) -> list[str]:
    """An answer that GitHub would not give so."""
    where = f"{method} {template} → {status}"
    if status >= 400:
        return [] if is_error(body) else [f"{where}: no error of GitHub: {body}"]
    responses = description.operation(method, template)["responses"]
    if str(status) not in responses:
        return [f"{where}: the description knows no such answer"]
    if "application/json" not in responses[str(status)].get("content", {}):
        return [] if body is None else [f"{where}: has a body"]
    return told(where, for_response(method, template, str(status)), body)


def is_error(body: object) -> bool:
    """Any operation fails in ways that nobody lists, and always tells `status`."""
    if isinstance(body, dict):
        body = {name: value for name, value in body.items() if name != "status"}
    return any(for_error(name).is_valid(body) for name in ERRORS)


def wrong_webhook(event: str, payload: dict[str, Any]) -> list[str]:
    """A payload that GitHub would not send so, by its description and by its examples."""
    action = payload.get("action")
    name = (f"{event}-{action}" if action else event).replace("_", "-")
    if name not in description.description()["x-webhooks"]:
        return [f"{name}: no such webhook"]
    missing = examples.missing(event, action, payload)
    return told(name, for_webhook(name), payload) + [f"{name}: {one} is missing" for one in missing]


def told(where: str, judge: jsonschema_rs.Draft202012Validator, value: object) -> list[str]:
    return [f"{where}: {one}" for one in in_words(judge.iter_errors(value))]


def in_words(errors: Iterable[jsonschema_rs.ValidationError]) -> list[str]:
    return [f"{json.dumps(one.instance_path)} {one.message[-300:]}" for one in errors]


@cache
def for_request(method: str, template: str) -> jsonschema_rs.Draft202012Validator:
    operation = description.operation(method, template)
    return description.validator(operation["requestBody"]["content"]["application/json"]["schema"])


@cache
def for_response(method: str, template: str, status: str) -> jsonschema_rs.Draft202012Validator:
    if (method, template, status) in CORRECTED:
        return description.validator(CORRECTED[method, template, status])
    answer = description.operation(method, template)["responses"][status]
    return description.validator(answer["content"]["application/json"]["schema"])


@cache
def for_error(name: str) -> jsonschema_rs.Draft202012Validator:
    return description.validator({"$ref": f"#/components/schemas/{name}"})


@cache
def for_webhook(name: str) -> jsonschema_rs.Draft202012Validator:
    post = description.description()["x-webhooks"][name]["post"]
    return description.validator(post["requestBody"]["content"]["application/json"]["schema"])
