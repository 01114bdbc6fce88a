"""Whose an account at GitHub is: a roster claims it, a sign-in there proves it."""

from dataclasses import dataclass

import structlog
from django.db import IntegrityError, transaction
from django.db.models import F

from portal.common.errors import Refused
from portal.people.models import User

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Account:
    """An account at GitHub. Its number stays; its name may change."""

    number: int
    login: str


def owner(account: Account) -> User | None:
    """Who has proved this account. A new name at GitHub becomes theirs here, too."""
    person = User.objects.filter(github_id=account.number).first()
    if person and person.github_login != account.login:
        with transaction.atomic():
            _take_name(person, account)
        person.refresh_from_db()
    return person


def prove(person: User, account: Account) -> None:
    """The account is this person's from now on. Raises `Refused` when it is somebody else's."""
    if User.objects.filter(github_id=account.number).exclude(pk=person.pk).exists():
        raise Refused(
            f"{account.login} is linked to somebody else here. One account at GitHub belongs to one"
            " person: sign in at GitHub with your own, or sign in here as the other one and unlink"
            " it there."
        )
    if person.github_id not in {None, account.number}:
        raise Refused(
            f"You are linked to {person.github_login} already. Unlink that first, then link"
            f" {account.login}."
        )
    try:
        with transaction.atomic():
            _take_name(person, account)
    except IntegrityError:
        raise Refused(
            "Somebody linked the same account at the same moment. Look at your account here, and"
            " try again if it is not linked."
        ) from None
    log.info("github_linked", person=person.pk, number=account.number)


def unlink(person: User) -> None:
    """Forget the person's account. Raises `Refused` when it is their only way in."""
    if not person.has_usable_password():
        raise Refused(
            "You have no password here, so without GitHub you could not sign in any more. Have"
            " whoever runs this portal set a password for you, then unlink."
        )
    User.objects.filter(pk=person.pk).update(github_id=None, github_login="")
    log.info("github_unlinked", person=person.pk)


def _take_name(person: User, account: Account) -> None:
    """Write number and name, and take the name from whoever had it.

    Who only claimed it is told. Who had proved another account by it was renamed at GitHub since,
    and gets the new name at their next sign-in.
    """
    others = User.objects.filter(github_login__iexact=account.login).exclude(pk=person.pk)
    if lost := others.filter(github_id=None).update(github_lost=F("github_login"), github_login=""):
        log.info("github_claim_lost", people=lost, number=account.number)
    others.update(github_login="")
    User.objects.filter(pk=person.pk).update(
        github_id=account.number, github_login=account.login, github_lost=""
    )
