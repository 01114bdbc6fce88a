"""Invented people for demonstrations and benchmarks: the same seed gives the same names."""

import random
from collections.abc import Iterator

GIVEN = (
    *("Ada", "Amara", "Anouk", "Aylin", "Bram", "Carla", "Chidi", "Dina", "Eline", "Emre"),
    *("Fatou", "Femke", "Giulia", "Hana", "Hugo", "Ines", "Ismail", "Jana", "Jonas", "Kaito"),
    *("Karim", "Lars", "Leila", "Lotte", "Luca", "Maja", "Malik", "Marta", "Matteo", "Mei"),
    *("Nadia", "Nils", "Noor", "Olek", "Oscar", "Paulo", "Petra", "Rania", "Robin", "Ruben"),
    *("Sana", "Selin", "Sofia", "Tariq", "Thijs", "Vera", "Wout", "Yara", "Yusuf", "Zofia"),
)
FAMILY = (
    *("Aerts", "Almeida", "Aydin", "Bakker", "Benali", "Bianchi", "Bosman", "Claes", "Costa"),
    *("Declercq", "Demir", "Diallo", "Dubois", "Fischer", "Fontana", "Goossens", "Haddad"),
    *("Horvat", "Ito", "Jansen", "Kaya", "Keller", "Kowalski", "Lambert", "Lemmens", "Mendes"),
    *("Meyer", "Moreau", "Nowak", "Okafor", "Peeters", "Pereira", "Ricci", "Sato", "Schmid"),
    *("Silva", "Smets", "Tanaka", "Torres", "Vargas", "Weber", "Willems", "Yilmaz", "Zimmer"),
)
TEAM = ("Amber", "Birch", "Cedar", "Delta", "Ember", "Fjord", "Garnet", "Harbour", "Juniper")


def people(seed: int) -> Iterator[str]:
    """Full names, without end. They may repeat, as names do."""
    dice = random.Random(seed)  # noqa: S311 - names, not secrets
    while True:
        yield f"{dice.choice(GIVEN)} {dice.choice(FAMILY)}"


def team(number: int) -> str:
    """The name of the n-th team, from 0: Amber, Birch, …, then Amber 2."""
    turn, place = divmod(number, len(TEAM))
    return TEAM[place] if turn == 0 else f"{TEAM[place]} {turn + 1}"
