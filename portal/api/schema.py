"""What the published description says beside the addresses: the token, and refusals."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class Scheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the published description names the token."""

    target_class = "portal.api.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """As OpenAPI says it."""
        del auto_schema
        return {"type": "http", "scheme": "bearer"}


ERROR = {
    "type": "object",
    "description": "A refusal: what happened and what to do, and a word for programs.",
    "properties": {
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "fields": {"description": "400 only: what is wrong with which field"},
    },
    "required": ["detail", "code"],
}
EVERYWHERE = {
    "400": "what was sent is not as it should be",
    "401": "no token, or one that opens nothing",
    "403": "the token, or its owner, may not do that",
    "404": "there is nothing here for you",
    "429": "too often; Retry-After says when again",
}
WRITING = {
    "409": "it cannot be done now; `detail` says why",
    "415": "send JSON",
    "422": "a link that cannot be read",
}


def with_refusals(result: dict[str, Any], **_: object) -> dict[str, Any]:
    """Name the one shape of all refusals at every operation."""
    result["components"]["schemas"]["Refusal"] = ERROR
    shape = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    for path in result["paths"].values():
        for method, operation in path.items():
            known = EVERYWHERE if method == "get" else EVERYWHERE | WRITING
            for code, says in known.items():
                operation["responses"][code] = {"description": says, "content": shape}
    return result
