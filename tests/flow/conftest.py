from collections.abc import Iterator

import pytest

from script.tools.portal import Portal, running


@pytest.fixture(scope="module")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal on SQLite with its own Redis, as `script/demo` starts it."""
    with running(tmp_path_factory.mktemp("portal"), GRADER_LEASE_SECONDS="10") as one:
        yield one
