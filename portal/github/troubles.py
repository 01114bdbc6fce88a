"""Trouble with GitHub as rows keep it, and in words."""

from typing import Any

from lab_specs.messages import Explanation
from lab_specs.troubles import GitHubTrouble, Trouble, explain_trouble
from portal.github.models import CheckRun, Errand, Provision, Room, Workflow


def columns(trouble: GitHubTrouble) -> dict[str, Any]:
    """As a row keeps it."""
    return {"fault": trouble.code.value, "facts": trouble.facts}


def explained(row: CheckRun | Errand | Provision | Room | Workflow | None) -> Explanation | None:
    """What a row says of the last trouble; None without any."""
    return explain_trouble(Trouble(row.fault), row.facts) if row and row.fault else None
