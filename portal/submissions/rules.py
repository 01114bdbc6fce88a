"""Who may do what with a submission: plain predicates over a person's standing."""

from portal.courses.rules import Standing, is_member, is_staff, may_see

__all__ = ["may_cancel", "may_rerun", "may_see", "may_submit"]


def may_submit(standing: Standing, *, team: int) -> bool:
    """Members hand in the work of their team, nobody else."""
    return is_member(standing, team=team)


def may_rerun(standing: Standing, *, edition: int) -> bool:
    """The edition's staff; a student hands in again instead."""
    return is_staff(standing, edition=edition)


def may_cancel(standing: Standing, *, edition: int, team: int) -> bool:
    """Those who own the work, and the edition's staff."""
    return may_see(standing, edition=edition, team=team)
