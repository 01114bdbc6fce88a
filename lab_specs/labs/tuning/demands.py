"""What several checks demand of a study, in the words that a student reads."""

from collections import Counter

from reading import RECORD, Trial
from reading import TRIALS as TABLE
from studies import EPOCHS, Study

from lab_specs.kit import expect, shorten

SAVED = 0.75  # so much of the full budget may be used
SAME = 5e-4  # two values that differ by less are the same one, rounded


def demand_count(trials: list[Trial], count: int) -> None:
    """The table has a row for every trial, numbered 0, 1, 2 …"""
    numbers = [trial.number for trial in trials]
    expect(
        numbers == list(range(count)),
        expected=f"{count} trials, numbered 0 to {count - 1}",
        actual=f"{len(trials)} trials: {shorten(numbers)}",
        hint="Every call of `tune` adds N_TRIALS trials. Pruned ones belong into the table, too,"
        " and so do those of other workers: write it from what all of them share.",
    )


def demand_distinct(trials: list[Trial]) -> None:
    """No two trials have the same parameters."""
    twice = [key for key, count in Counter(trial.key for trial in trials).items() if count > 1]
    expect(
        not twice,
        expected="other parameters in every trial",
        actual=f"tried more than once: {shorten(twice[0]) if twice else ''}",
        hint="Widen the search, or skip what was tried. Workers of one SEED need a chance of their"
        " own, or they all propose the same: mix WORKER into the seed, or the trial's number.",
    )


def demand_best(study: Study) -> None:
    """What was decided on is the best complete trial of its own table."""
    trials, said = study.trials(), study.best()
    top = max((trial for trial in trials if trial.complete), key=lambda t: t.value, default=None)
    expect(
        top is not None,
        expected="at least one complete trial",
        actual=f"{len(trials)} trials, all pruned",
        hint="There has to be one whose model is finished: never prune the best so far.",
    )
    assert top is not None
    named = next((trial for trial in trials if trial.number == said.number), None)
    expect(
        named is not None and named.complete and top.value - named.value < SAME,
        expected=f"a complete trial with the highest value, such as {top.number}: {top.value:.4f}",
        actual=f"trial {said.number}: "
        + (f"{named.value:.4f}, {named.state}" if named else "none"),
        hint="Values are accuracies: higher is better.",
    )
    assert named is not None
    expect(
        named.parameters == said.parameters and abs(named.value - said.value) < SAME,
        expected=f"value and parameters as the table has them for trial {said.number}",
        actual=f"{shorten(said)} in best.json, {shorten(named)} in the table",
        hint="Write best.json from the row itself.",
    )


def demand_refusal(study: Study, name: str, value: str) -> None:
    """The worker ended with an error code and said which setting is wrong."""
    run = study.run
    said = (run.log.strip().splitlines() or ["nothing"])[-1]
    refused = run.exit_code != 0 and not run.timed_out and TABLE not in study.out.names()
    expect(
        refused and name in said,
        expected=f"{name}='{value}' ends `tune` with an error code and without {TABLE},"
        f" and the last line that it prints says what is wrong with {name}",
        actual=f"exit code {run.exit_code}, last line: {shorten(said)}",
        hint="Check settings first, before a framework is loaded (in Python:"
        f" `sys.exit('{name} must be …')`).",
    )


def demand_saving(used: int, trials: int) -> None:
    """At most a share of the epochs that all trials could have used."""
    full = trials * EPOCHS
    expect(
        used <= SAVED * full,
        expected=f"at most {SAVED:.0%} of {full} epochs: {EPOCHS} for each of {trials} trials",
        actual=f"{used} epochs, {used / full:.0%}",
        hint="Compare a trial with earlier ones after one, three … epochs, and stop it when it is"
        " not among the best third: successive halving, a median rule, Hyperband.",
    )


def demand_record(study: Study) -> None:
    """Each trial of the table has as many lines in the record as it used epochs."""
    record, trials = study.record(), study.trials()
    for trial in trials:
        values = record.get(trial.number, [])
        expect(
            len(values) == trial.epochs,
            expected=f"{trial.epochs} lines about trial {trial.number} in {RECORD},"
            f" as many as it used epochs according to {TABLE}",
            actual=f"{len(values)} lines",
            hint="Write a line after each epoch, whatever then becomes of the trial; and end the"
            " training itself when a trial is pruned, not only its row.",
        )
        expect(
            any(abs(value - trial.value) < SAME for value in values),
            expected=f"the value of trial {trial.number}, {trial.value:.4f}, is one of its epochs'",
            actual=shorten([round(value, 4) for value in values]),
            hint="The table and the record tell of the same training.",
        )
    strangers = sorted(set(record) - {trial.number for trial in trials})
    expect(
        not strangers,
        expected=f"lines about trials of {TABLE} alone",
        actual=f"lines about trials {shorten(strangers)}",
        hint="No trial may disappear from the table.",
    )
