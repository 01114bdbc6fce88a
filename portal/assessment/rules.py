"""Who may do what with results: plain predicates over what is known of a person."""

from portal.courses.rules import Role, Standing, is_staff

__all__ = ["is_staff", "may_rule"]


def may_rule(standing: Standing, *, edition: int) -> bool:
    """Whether the person may lift rules, freeze and publish: the lecturers of this very edition."""
    return standing.roles.get(edition) is Role.LECTURER
