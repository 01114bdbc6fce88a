"""How the published description of the API names its token."""

from drf_spectacular.extensions import OpenApiAuthenticationExtension


class Scheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How the published description names the token."""

    target_class = "portal.api.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: object) -> dict[str, str]:
        """As OpenAPI says it."""
        del auto_schema
        return {"type": "http", "scheme": "bearer"}
