"""People who sign in."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person. What they may do is said per edition, by their enrolment."""

    display_name = models.CharField(max_length=120, blank=True)
    github_login = models.CharField(
        max_length=39, blank=True, help_text="what a roster says, until github_id proves it"
    )
    github_id = models.BigIntegerField(
        null=True, blank=True, unique=True, help_text="GitHub's number of the account, once proved"
    )
    github_lost = models.CharField(
        max_length=39, blank=True, help_text="the roster's name that somebody else has proved"
    )

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

    @property
    def proved_github(self) -> str:
        """Their name at GitHub if they have signed in there, else nothing."""
        return self.github_login if self.github_id else ""

    @property
    def teaches(self) -> bool:
        """Whether the person is more than a student anywhere, the admin's pages included."""
        if self.is_staff or self.is_superuser:
            return True
        return self.enrolments.exclude(role="student").exists()


class Allowance(models.Model):
    """Until when what somebody took of a limit is spoken for; see `portal.people.limits`."""

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
