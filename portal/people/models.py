"""People who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. What they may do is said per edition, by their enrolment."""

    display_name = models.CharField(max_length=120, blank=True)
    github_login = models.CharField(max_length=39, blank=True)

    class Meta(AbstractUser.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["github_login"],
                condition=~models.Q(github_login=""),
                name="one_person_per_github_login",
            )
        ]

    @property
    def name(self) -> str:
        """What others see: the chosen name, or the name to sign in."""
        return self.display_name or self.get_full_name() or self.username
