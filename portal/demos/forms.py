"""What staff type to publish slots, and what a filled sheet says."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.http import QueryDict

from portal.common.typed import near, whole
from portal.demos.domain.sheets import Filled
from portal.demos.offers import Kind
from portal.demos.terms import Terms

KINDS = [
    (Kind.CONTACT, "In the room, in class"),
    (Kind.CALL, "By call, by appointment"),
    (Kind.EXAM, "In the exam period"),
    (Kind.RESIT, "At the resit"),
]
MINUTE = 60


class PublishForm(forms.Form):
    """Many slots at once: one after the other between two times, on one or more weeks."""

    kind = forms.ChoiceField(label="How")
    day = forms.DateField(label="Day", widget=forms.DateInput({"type": "date"}))
    begins = forms.TimeField(label="From", widget=forms.TimeInput({"type": "time"}))
    ends = forms.TimeField(label="To", widget=forms.TimeInput({"type": "time"}))
    minutes = forms.IntegerField(label="Minutes of each slot", min_value=1, max_value=600)
    pause = forms.IntegerField(label="Minutes between two", min_value=0, max_value=120, initial=0)
    weeks = forms.IntegerField(
        label="Weeks",
        min_value=1,
        max_value=20,
        initial=1,
        help_text="2: the same again a week later.",
    )
    place = forms.CharField(
        label="Place", max_length=300, help_text="A room, or the link of the call."
    )
    capacity = forms.IntegerField(
        label="Teams at once",
        min_value=1,
        max_value=100,
        initial=1,
        help_text="How many can book the same slot. A student who works alone is a team.",
    )
    item = forms.ChoiceField(label="What is shown", required=False)
    parts = forms.MultipleChoiceField(
        label="Only for", required=False, widget=forms.CheckboxSelectMultiple
    )
    tracks = forms.MultipleChoiceField(
        label="Only for students of", required=False, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, data: QueryDict | None = None, *, terms: Terms) -> None:
        super().__init__(data, label_suffix="", initial={"minutes": _usual(terms)})
        occasions, demos = terms.occasions(), terms.demos
        ways = set(demos.ways) | {"resit"} if demos else {kind.value for kind in Kind}
        self._choose("kind", [(kind, says) for kind, says in KINDS if kind.value in ways])
        items = {each.item: each.title.rpartition(": ")[2] for each in occasions}
        self._choose("item", [("", "Whatever can be shown"), *items.items()])
        parts = {each.part: terms.part(each.part).title for each in occasions}
        self._choose("parts", list(parts.items()))
        self._choose("tracks", [(each.id, each.title) for each in terms.file.tracks])
        if not terms.file.tracks:
            del self.fields["tracks"]

    def _choose(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        if isinstance(field, forms.ChoiceField):
            field.choices = choices

    def clean_day(self) -> date:
        """A day of this century."""
        day: date = self.cleaned_data["day"]
        if not near(day):
            raise forms.ValidationError(f"Nobody can mean the year {day.year}.")
        return day

    def starts(self, zone: ZoneInfo) -> list[datetime]:
        """The beginning of each slot, UTC. By the clock on the wall, also in another season."""
        given = self.cleaned_data
        step = timedelta(minutes=given["minutes"] + given["pause"])
        length = timedelta(minutes=given["minutes"])
        found = []
        for week in range(given["weeks"]):
            day: date = given["day"] + timedelta(days=7 * week)
            begins, ends = (_moment(day, given[name], zone) for name in ("begins", "ends"))
            while begins + length <= ends:
                found.append(begins)
                begins += step
        return found


def _usual(terms: Terms) -> int:
    """The length that the edition's file suggests."""
    lengths = [each.minutes[1] for each in terms.occasions() if each.minutes]
    limit = terms.demos.most_minutes if terms.demos else None
    return min([*lengths, limit or 15, 15])


def _moment(day: date, clock: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, clock, zone).astimezone(UTC)


def filled(sent: QueryDict) -> Filled:
    """What a form of the sheet says; whatever is no number is left out."""
    minutes = sent.get("minutes", "")
    return Filled(
        text=sent.get("text", ""),
        levels=_numbers(sent, "level-"),
        shown={pk: yes == 1 for pk, yes in _numbers(sent, "shown-").items()},
        asked=[number for each in sent.getlist("asked") if (number := whole(each)) is not None],
        present=[number for each in sent.getlist("present") if (number := whole(each)) is not None],
        seconds=MINUTE * (whole(minutes) or 0),
    )


def _numbers(sent: Mapping[str, Any], prefix: str) -> dict[int, int]:
    found = {}
    for name, value in sent.items():
        key, number = whole(name.removeprefix(prefix)), whole(str(value))
        if name.startswith(prefix) and key is not None and number is not None:
            found[key] = number
    return found
