import pytest

from settings import Settings

GOOD = {"N_TRIALS": "3", "SEED": "0", "MAX_EPOCHS": "4", "WORKER": "two"}


def test_settings_are_read() -> None:
    assert Settings.read(GOOD) == Settings(trials=3, seed=0, max_epochs=4, worker="two")


@pytest.mark.parametrize("name", ["N_TRIALS", "SEED", "MAX_EPOCHS"])
@pytest.mark.parametrize("value", ["", "many", "-1", "2.5", "1e3", "\u0663"])
def test_a_wrong_value_is_told_by_its_name(name: str, value: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be a whole number from"):
        Settings.read(GOOD | {name: value})


def test_a_search_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="N_TRIALS must be a whole number from 1, not '0'"):
        Settings.read(GOOD | {"N_TRIALS": "0"})
