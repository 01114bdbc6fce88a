"""Who is let in and who is let go."""

from portal.github.guests import Guest, Name, Place, compare

ADA = Guest("Ada", "ada", 1)
BOB = Guest("Bob", "bob")
CYD = Guest("Cyd", "")
EVA = Guest("Eva", "eva", 5)
STUDENTS = [ADA, BOB, CYD, EVA]


def seen(*members: tuple[str, int], invited: tuple[tuple[str, int], ...] = ()) -> dict[str, object]:
    both = {"members": members, "invited": invited}
    return {
        name: [{"login": login, "number": number} for login, number in people]
        for name, people in both.items()
    }


def test_what_is_known_of_a_name() -> None:
    assert [each.known for each in (ADA, BOB, CYD)] == [Name.PROVED, Name.CLAIMED, Name.UNKNOWN]


def test_only_proved_names_are_invited() -> None:
    found = compare([ADA, BOB, CYD], {}, STUDENTS, claimed=False)
    assert list(found.to_add) == [ADA]
    assert found.nameless


def test_claimed_names_are_invited_when_the_lecturer_says_so() -> None:
    found = compare([ADA, BOB], {}, STUDENTS, claimed=True)
    assert list(found.to_add) == [ADA, BOB]
    assert not found.nameless


def test_where_everybody_stands() -> None:
    told = seen(("ada-now", 1), invited=(("BOB", 2),))
    found = compare([ADA, BOB], told, STUDENTS, claimed=True)
    assert [each.place for each in found.standings] == [Place.IN, Place.INVITED]
    assert (list(found.to_add), found.complete, found.nameless) == ([], False, False)


def test_a_name_that_changed_hands_is_somebody_else() -> None:
    found = compare([ADA], seen(("ada", 99)), STUDENTS, claimed=True)
    assert list(found.to_add) == [ADA]
    assert list(found.others) == ["ada"]


def test_only_students_of_the_edition_are_removed() -> None:
    found = compare([ADA], seen(("ada", 1), ("eva-now", 5), ("prof", 8)), STUDENTS, claimed=False)
    assert [each["login"] for each in found.to_remove] == ["eva-now"]
    assert list(found.others) == ["prof"]


def test_an_invitation_of_somebody_who_left_is_taken_back() -> None:
    found = compare([ADA], seen(("ada", 1), invited=(("bob", 2),)), STUDENTS, claimed=True)
    assert [each["login"] for each in found.to_remove] == ["bob"]
    assert found.complete
