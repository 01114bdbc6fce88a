"""An edition whose file asks for pull requests."""

from lab_specs.edition.file import EditionFile
from lab_specs.edition.syllabus import PullRequests
from portal.courses import versions
from portal.courses.models import Edition


def asking(edition: Edition, wanted: PullRequests) -> None:
    """From now on, all of its mini-projects ask for this."""
    parts = [
        {
            "id": each.slug,
            "title": each.title,
            "labs": each.labs,
            "by_team": each.by_team,
            "pull_requests": wanted.model_dump(),
        }
        for each in edition.mini_projects.all()
    ]
    file = EditionFile.model_validate(
        {
            "course": "MLOps",
            "course_code": "mlops",
            "edition": edition.name,
            "timezone": edition.timezone,
            "levels": ["no", "yes"],
            "mini_projects": parts,
        }
    )
    versions.keep(edition, file)
