"""A semester of each edition, from the roster to published results, on the portal's own pages.

`cases/` holds a table for each: what every student did, and the result as a person worked it out.
"""

import re
from pathlib import Path

import pytest
import yaml

from tests.flow.semesters import staff, students
from tests.flow.semesters.play import Semester

TABLES = sorted((Path(__file__).parent / "cases").glob("*.yaml"))
DEEDS = (students, staff)


@pytest.mark.django_db
@pytest.mark.timeout(300)
@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_a_semester(path: Path, tmp_path: Path) -> None:
    table = yaml.safe_load(path.read_text())
    semester = Semester(table, tmp_path)
    semester.play()
    everybody = semester.students()
    assert all("nothing is published yet" in semester.result_page(each) for each in everybody)
    semester.publish()
    pages = {each.name: semester.result_page(each) for each in everybody}
    version = f"with version {table.get('rules_version', 1)} of the rules"
    assert all(version in page for page in pages.values())
    found = {name: told(page) for name, page in pages.items()}
    expected = {each["student"]["username"]: each["expect"] for each in table["cases"]}
    assert found == {name: {"resit": "", **expect} for name, expect in expected.items()}
    assert len(expected) >= 10
    assert len({str(expect) for expect in expected.values()}) >= 6


def told(page: str) -> dict[str, str]:
    """What a student reads: the value, the word, the first rule, how the resit stands."""
    assert "This is your result, published on" in page
    heading = re.search(r'<h2 id="result">(?:(.*?) · )?(.*?)</h2>', page)
    rule = re.search(r'class="small muted nowrap">\(([A-Z0-9-]+)', page)
    resit = re.search(r'<h2 id="resit">Resit: (.*?)</h2>', page)
    assert heading
    assert rule
    return {
        "value": heading[1] or "",
        "word": heading[2].lower(),
        "rule": rule[1],
        "resit": resit[1] if resit else "",
    }
