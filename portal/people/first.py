"""The first sign-in of somebody whom a roster made: they choose a password by a link."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.tokens import default_token_generator
from django.contrib.auth.views import PasswordResetConfirmView
from django.http import HttpResponse
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode
from django.views.decorators.cache import never_cache

from portal.people.models import User


def link_of(person: User) -> str:
    """The path that lets this person, once, choose a password; it ends with its time or its use."""
    number = urlsafe_base64_encode(force_bytes(person.pk))
    return reverse("first", args=(number, default_token_generator.make_token(person)))


@method_decorator([login_not_required, never_cache], name="dispatch")
class FirstSignIn(PasswordResetConfirmView):
    """Choose a password. A link that was used, or is too old, says so."""

    template_name = "people/first.html"
    success_url = reverse_lazy("login")

    def get_user(self, uidb64: str) -> User | None:
        """Only somebody without a password: nobody's is replaced in this way.

        Nor may a lecturer become somebody else's lecturer by reading them in as a student.
        """
        person = super().get_user(uidb64)
        if not isinstance(person, User) or not person.is_active:
            return None
        return None if person.has_usable_password() or person.teaches else person

    def get_form_kwargs(self) -> dict[str, Any]:
        """Labels as on all pages."""
        return super().get_form_kwargs() | {"label_suffix": ""}

    def render_to_response(self, context: dict[str, Any], **how: Any) -> HttpResponse:  # noqa: ANN401 - Django's
        """Nothing is behind a link that does not hold."""
        return super().render_to_response(context, status=200 if self.validlink else 404, **how)
