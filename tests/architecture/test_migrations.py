"""The database follows the models, one migration after the other."""

from io import StringIO

import pytest
from django.core.management import call_command


@pytest.mark.django_db
def test_no_model_waits_for_its_migration() -> None:
    out = StringIO()
    call_command("makemigrations", check=True, dry_run=True, stdout=out)
    assert out.getvalue().strip() == "No changes detected"


@pytest.mark.django_db
def test_every_app_names_its_last_migration() -> None:
    """Two people who add one at once then meet in git, not in production."""
    call_command("check", fail_level="WARNING", stdout=StringIO())
