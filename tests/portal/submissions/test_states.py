"""The state machine, said once more by hand."""

from portal.submissions.states import State, may_go

ALLOWED = """
queued: fetching cancelled superseded
fetching: building done queued cancelled superseded
building: running done queued cancelled superseded
running: judging done queued cancelled superseded
judging: done queued cancelled superseded
done:
cancelled:
superseded:
"""


def test_an_attempt_goes_exactly_where_the_table_says() -> None:
    told = {}
    for line in ALLOWED.strip().splitlines():
        source, _, targets = line.partition(":")
        told[source] = set(targets.split())
    found = {
        source.value: {target.value for target in State if may_go(source, target)}
        for source in State
    }
    assert found == told
