"""GitHub's own OpenAPI description as strict JSON schemas, each made when it is first asked for.

Strict means: an object that declares its fields has no others, unless the description allows
them in so many words. `additionalProperties: true` in a branch of a composition only lets the
fields of its siblings through, so there it says nothing. "One of" is read as "any of": GitHub's
alternatives overlap.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs

Schema = dict[str, Any]
FOLDER = Path(__file__).parents[2] / "var" / "github"  # script/setup github fetches it
COMPOSITIONS = {"allOf": "allOf", "anyOf": "anyOf", "oneOf": "anyOf"}
PLAIN = (
    *("type", "enum", "required", "format", "pattern", "uniqueItems", "minimum", "maximum"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)


@cache
def description() -> dict[str, Any]:
    """The whole description, read once in a process."""
    return json.loads((FOLDER / "api.json").read_bytes())


def operation(method: str, template: str) -> dict[str, Any]:
    """One operation, with its parameters and responses looked up."""
    found = description()["paths"][template][method.lower()]
    responses = {status: resolved(answer) for status, answer in found["responses"].items()}
    parameters = [resolved(one) for one in found.get("parameters", [])]
    return {**found, "responses": responses, "parameters": parameters}


def resolved(thing: dict[str, Any]) -> dict[str, Any]:
    while "$ref" in thing:
        _, _, kind, name = thing["$ref"].split("/")
        thing = description()["components"][kind][name]
    return thing


def declares_fields(schema: Schema) -> bool:
    schema = resolved(schema)
    if "additionalProperties" in schema:
        return False
    branches = [branch for word in COMPOSITIONS for branch in schema.get(word, [])]
    return bool(schema.get("properties")) or any(map(declares_fields, branches))


def closed(schema: Schema) -> Schema:
    """What may stand at this place, and nothing else."""
    made = opened(schema)
    return {**made, "unevaluatedProperties": False} if declares_fields(schema) else made


def opened(schema: Schema, *, branch: bool = False) -> Schema:
    """The same, while siblings may bring more fields."""
    if "$ref" in schema:
        return {"$ref": "#/$defs/" + schema["$ref"].rpartition("/")[2]}
    made: Schema = {word: schema[word] for word in PLAIN if word in schema}
    if "properties" in schema:
        made["properties"] = {name: closed(one) for name, one in schema["properties"].items()}
    if "items" in schema:
        made["items"] = closed(schema["items"])
    further = schema.get("additionalProperties", {})
    if not (branch and further in (True, {})) and "additionalProperties" in schema:
        made["additionalProperties"] = closed(further) if isinstance(further, dict) else further
    for word, becomes in COMPOSITIONS.items():
        if word in schema:
            made[becomes] = [opened(one, branch=True) for one in schema[word]]
    return nullable(made) if schema.get("nullable") else made


def nullable(made: Schema) -> Schema:
    """OpenAPI 3.0's own word for "or nothing", as JSON Schema says it."""
    if "type" not in made:
        return {"anyOf": [made, {"type": "null"}]}
    enum = {"enum": [*made["enum"], None]} if "enum" in made else {}
    return {**made, **enum, "type": [made["type"], "null"]}


@cache
def definition(name: str) -> tuple[Schema, frozenset[str]]:
    """A named schema, and the names that it needs."""
    made = opened(description()["components"]["schemas"][name])
    return made, frozenset(names_in(made))


def names_in(thing: object) -> list[str]:
    if isinstance(thing, list):
        return [name for one in thing for name in names_in(one)]
    if not isinstance(thing, dict):
        return []
    own = [thing["$ref"].rpartition("/")[2]] if isinstance(thing.get("$ref"), str) else []
    return own + [name for one in thing.values() for name in names_in(one)]


def validator(schema: Schema) -> jsonschema_rs.Draft202012Validator:
    """Judges values by a schema of the description."""
    made = closed(schema)
    definitions: dict[str, Schema] = {}
    wanted = set(names_in(made))
    while wanted:
        name = wanted.pop()
        definitions[name], more = definition(name)
        wanted |= more - definitions.keys()
    return jsonschema_rs.Draft202012Validator(
        {**made, "$defs": definitions},
        validate_formats=True,
        formats={"email": lambda _: True},  # git takes any text for an address, and GitHub, too
        ignore_unknown_formats=True,
    )
