"""`mlops.yaml`: understood, or refused with the problem, the line and the field."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import manifest
from lab_specs.faults import Code, StudentFault


def refused(raw: bytes) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        manifest.read(raw)
    assert caught.value.code == Code.MANIFEST_INVALID
    return caught.value


def test_labs_name_their_places() -> None:
    labs = manifest.read(b"labs:\n  a: {context: x}\n  b: {dockerfile: y}\n  c: {}\n").labs
    assert [(place.context, place.dockerfile) for place in labs.values()] == [
        ("x", ""),
        (".", "y"),
        (".", ""),
    ]


@pytest.mark.parametrize(
    ("raw", "line", "field"),
    [
        (b"labs:\n  serving:\n    context: 7\n", 3, "labs.serving.context"),
        (b"labs:\n  serving:\n    contxt: x\n", 3, "labs.serving.contxt"),
        (b"labs:\n  serving: x\n", 2, "labs.serving"),
        (b"\nlab: {}\n", 1, "labs"),
        (b"labs: [a]\n", 1, "labs"),
        (b"labs: {}\nextra: 1\n", 2, "extra"),
        (b"labs: {1: {}}\n", 1, "labs.1.[key]"),
        (b"- labs\n", 1, ""),
        (b"", 1, ""),
    ],
)
def test_what_the_shape_forbids(raw: bytes, line: int, field: str) -> None:
    fault = refused(raw)
    assert (fault.facts["line"], fault.facts["field"]) == (line, field)
    assert fault.facts["problem"]


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        (b"labs:\n  a: {\n", 3),
        (b"labs:\n\tserving: x\n", 2),
        (b"a: b: c\n", 1),
        (b"x: 1\nlabs: !!python/object/apply:os.system [id]\n", 2),
        (b"labs: {}\n---\nlabs: {}\n", 2),
    ],
)
def test_what_yaml_forbids(raw: bytes, line: int) -> None:
    assert refused(raw).facts["line"] == line


@pytest.mark.parametrize(
    "raw",
    [b"\xff\xfe\x00", b"a: \x00", b"[" * 60_000, b"a: " + b"1" * 60_000, b"a: 2026-13-45", b"\x80"],
)
def test_what_is_no_text_or_has_no_end(raw: bytes) -> None:
    assert refused(raw).facts["problem"]


def test_aliases_are_refused_before_they_unfold() -> None:
    bomb = b"a: &a [x, x]\n" + b"".join(
        b"%c: &%c [*%c, *%c]\n" % (i + 1, i + 1, i, i) for i in range(97, 120)
    )
    fault = refused(bomb)
    assert fault.facts["line"] == 1
    assert "&" in fault.facts["problem"]


@given(
    st.binary(max_size=300)
    | st.text(alphabet="labs: {}[]\n-&*'\"!%?|>#", max_size=80).map(str.encode)
)
def test_any_bytes_are_understood_or_refused(raw: bytes) -> None:
    facts: dict[str, object] = {}
    try:
        manifest.read(raw)
    except StudentFault as fault:
        facts = fault.facts
    assert len(str(facts)) < 1_000
