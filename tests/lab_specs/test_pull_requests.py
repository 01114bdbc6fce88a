"""What an edition's file asks of pull requests, and how a mistake in it is told."""

from pathlib import Path

import pytest

from lab_specs.loader import SpecError, load_edition

FILE = """\
course: MLOps
course_code: mlops
edition: "2026"
timezone: UTC
levels: [weak, good]
mini_projects:
  - id: serving
    title: Serving
    labs: [{labs}]
    pull_requests: {asks}
"""


def written(folder: Path, asks: str, labs: str = "serving") -> Path:
    path = folder / "edition.yaml"
    path.write_text(FILE.format(asks=asks, labs=labs))
    return path


def test_what_is_asked_for(tmp_path: Path) -> None:
    asked = load_edition(written(tmp_path, "{protected: true, reviews: 1, actions: true}"))
    wanted = asked.mini_projects[0].pull_requests
    assert wanted
    assert (wanted.protected, wanted.reviews, wanted.actions) == (True, 1, True)


@pytest.mark.parametrize(
    ("asks", "labs", "field"),
    [
        ("{reviews: many}", "serving", "pull_requests.reviews"),
        ("{reviews: 11}", "serving", "pull_requests.reviews"),
        ("{review: 1}", "serving", "pull_requests.review"),
        ("{}", "serving", "pull_requests"),
        ("{protected: false}", "serving", "pull_requests"),
        ("{reviews: 1}", "", "pull_requests"),
    ],
)
def test_a_mistake_names_file_line_and_field(
    tmp_path: Path, asks: str, labs: str, field: str
) -> None:
    with pytest.raises(SpecError) as caught:
        load_edition(written(tmp_path, asks, labs))
    assert "edition.yaml, line 10," in str(caught.value)
    assert f"mini_projects.0.{field}" in str(caught.value)
