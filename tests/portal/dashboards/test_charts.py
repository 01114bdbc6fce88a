from portal.dashboards.charts import Part, bar


def test_parts_follow_each_other_and_fill_their_share() -> None:
    counts = [("good", 2, "passed"), ("warn", 0, "not there yet"), ("bad", 1, "could not run")]
    assert bar(counts, full=4) == [
        Part("good", 0.0, 50.0, "2 passed"),
        Part("bad", 50.0, 25.0, "1 could not run"),
    ]


def test_nothing_handed_in_is_an_empty_bar() -> None:
    assert bar([("good", 0, "passed")], full=0) == []
