"""GitHub as allauth knows it, which looks for `provider_classes` in a module of this name."""

import requests
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.models import SocialApp, SocialLogin, SocialToken
from allauth.socialaccount.providers.base import ProviderException
from allauth.socialaccount.providers.github.provider import GitHubProvider
from allauth.socialaccount.providers.github.views import GitHubOAuth2Adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Client
from django.conf import settings
from django.http import HttpRequest
from pydantic import BaseModel, Field, ValidationError


class Granted(BaseModel):
    """What GitHub gives for a code. The rest of its answer is not looked at."""

    access_token: str = Field(min_length=1, max_length=1000)


class Profile(BaseModel):
    """What is read of somebody's profile."""

    id: int = Field(gt=0, lt=2**63)
    login: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,38}$")


class GitHub(GitHubOAuth2Adapter):  # type: ignore[misc]  # allauth has no types
    """Where GitHub is, and what its answers must look like."""

    headers = {"Accept": "application/json"}  # noqa: RUF012 - allauth's

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request)
        self.authorize_url = f"{settings.GITHUB_URL}/login/oauth/authorize"
        self.access_token_url = f"{settings.GITHUB_URL}/login/oauth/access_token"
        self.profile_url = f"{settings.GITHUB_API}/user"

    def get_access_token_data(
        self,
        request: HttpRequest,
        app: SocialApp,
        client: OAuth2Client,
        pkce_code_verifier: str | None = None,
    ) -> dict[str, str]:
        """The token alone; `ProviderException` when the answer makes no sense."""
        try:
            told = super().get_access_token_data(request, app, client, pkce_code_verifier)
            return Granted.model_validate(told).model_dump()
        except requests.RequestException:
            raise
        except (KeyError, TypeError, ValueError) as error:
            raise ProviderException from error

    def complete_login(
        self, request: HttpRequest, app: SocialApp, token: SocialToken, **kwargs: object
    ) -> SocialLogin:
        """Ask who it is."""
        del app, kwargs
        with get_adapter().get_requests_session() as session:
            headers = {"Authorization": f"Bearer {token.token}"}
            answer = session.get(self.profile_url, headers=headers)
        try:
            profile = Profile.model_validate_json(answer.content)
        except ValidationError as error:
            raise ProviderException from error
        return self.get_provider().sociallogin_from_response(request, profile.model_dump())


class Provider(GitHubProvider):  # type: ignore[misc]
    """GitHub, asked with a proof key and without any scope: the public profile is all we read."""

    oauth2_adapter_class = GitHub
    pkce_enabled_default = True


provider_classes = [Provider]
