"""What a model that was made smaller must keep. The contract stands in `brief.md`.

`export` runs once; each variant is then served in a container that sees its files and nothing
else. The optimised one is asked before the base is started, so it has nobody to ask itself.
Time decides nothing and is shown: the machine is shared.
"""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from client import Scores, at_once, counted, distance, scores, stats
from data import HIDDEN, hidden
from demands import agreement, demand_choice, demand_others, demand_size, right
from lineup import PLACE, SERVE, Lineup, export, size
from reading import BASE, OPTIMISED
from shown import compared, savings

from lab_specs import service as services
from lab_specs.digits import Labels, Pixels
from lab_specs.fixtures import BRIEF
from lab_specs.kit import Failure, Figure, Image, Service, StudentFault, check, expect

RIGHT, LOSS = 0.85, 0.02  # shares of the hidden images
AGREE, CLOSE = 0.98, 0.025
HALF, BYTE, LESS = 0.60, 0.30, 0.20  # of the base's size
MIB = 2**20
LEAST_BASE = 1.0  # MiB: below it size and speed say little
DAMAGE = 0.05  # scores that move by more come from another model
SAME = 0.05  # scores of one image alone and in company: rounding stays far below
PROBES = 100  # images
BATCH, CROWD = 64, 32  # images in one request; requests at the same time
BURSTS = 3
OTHERS = 3  # variants beside the base
ACCURACY_OFF, AGREEMENT_OFF = 0.03, 0.02  # how far a row may lie from what we measure

Launch = Callable[..., Service]
Show = Callable[[Figure], None]


@pytest.fixture(scope="session")
def drawn(seed: int) -> tuple[Pixels, Labels]:
    """The hidden images and their labels."""
    return hidden(seed)


@pytest.fixture(scope="session")
def images(drawn: tuple[Pixels, Labels]) -> Pixels:
    """The hidden images."""
    return drawn[0]


@pytest.fixture(scope="session")
def truth(drawn: tuple[Pixels, Labels]) -> Labels:
    """The hidden labels. They are in no volume."""
    return drawn[1]


@pytest.fixture(scope="session")
def lineup(student: Image) -> Lineup:
    """What `export` wrote. Without it there is nothing to judge."""
    return export(student)


@pytest.fixture(scope="session")
def optimised(lineup: Lineup, pytestconfig: pytest.Config) -> Iterator[Service]:
    """The optimised variant, served from its files alone."""
    yield from _served(lineup, OPTIMISED, pytestconfig)


@pytest.fixture(scope="session")
def optimised_scores(optimised: Service, images: Pixels) -> Scores:
    """What the optimised variant answers."""
    return scores(optimised, images)


@pytest.fixture(scope="session")
def base(lineup: Lineup, pytestconfig: pytest.Config) -> Iterator[Service]:
    """The base, served from its files alone."""
    yield from _served(lineup, BASE, pytestconfig)


@pytest.fixture(scope="session")
def base_scores(base: Service, images: Pixels) -> Scores:
    """What the base answers."""
    return scores(base, images)


@pytest.fixture(scope="session")
def measured(optimised_scores: Scores, base_scores: Scores) -> dict[str, Scores]:
    """What each variant answers; checks add those that they serve."""
    return {OPTIMISED: optimised_scores, BASE: base_scores}


def _served(lineup: Lineup, variant: str, config: pytest.Config) -> Iterator[Service]:
    """A variant that stays up for all checks, unlike what `launch` starts."""
    lineup.place(variant, variant)
    service = services.launch(
        lineup.image,
        start_seconds=config.stash[BRIEF].start_seconds,
        command=SERVE,
        mounts={variant: PLACE},
    )
    yield service
    service.process.remove()


# The first check, as long as no base is there that the optimised variant could ask.
@check("answers", "proficient")
def test_optimised_answers(optimised_scores: Scores) -> None:
    """The optimised variant answers every hidden image with ten scores that sum to 1"""
    found = sorted(set(optimised_scores.argmax(axis=1).tolist()))
    expect(
        len(found) >= 5,
        expected=f"at least 5 different labels for {HIDDEN} images of all ten digits",
        actual=f"only {found}",
        hint="Do the pixels reach the model in the scale that it knows (0 to 16)?",
    )


@check("answers", "proficient")
def test_base_accuracy(base_scores: Scores, truth: Labels) -> None:
    """The base reads at least 85 % of the hidden images right"""
    expect(
        right(base_scores, truth) >= RIGHT,
        expected=f"at least {RIGHT:.0%} of {HIDDEN} hidden images read right by `{BASE}`",
        actual=f"{right(base_scores, truth):.1%}",
        hint="Train on digits that are turned, shifted and noisy; scale pixels alike everywhere.",
    )


@check("answers", "proficient", after="optimised_answers")
def test_accuracy_kept(optimised_scores: Scores, base_scores: Scores, truth: Labels) -> None:
    """The optimised variant reads at most 2 points fewer of the hidden images right"""
    usual, now = right(base_scores, truth), right(optimised_scores, truth)
    expect(
        now >= usual - LOSS,
        expected=f"at least {usual - LOSS:.1%} of {HIDDEN} hidden images read right by"
        f" `{OPTIMISED}`: at most {LOSS * 100:.0f} points fewer than the {usual:.1%} of `{BASE}`",
        actual=f"{now:.1%}",
        hint="Static quantisation measures ranges on pictures: give it some hundred that are like"
        " those to come, in the scale of training. After pruning, train on for a while.",
    )


@check("answers", "advanced", after="accuracy_kept")
def test_labels_agree(optimised_scores: Scores, base_scores: Scores) -> None:
    """At least 98 % of the hidden images get the label that the base gives them"""
    same = agreement(optimised_scores, base_scores)
    expect(
        same >= AGREE,
        expected=f"at least {AGREE:.0%} of {HIDDEN} hidden images with the same label from"
        f" `{OPTIMISED}` and `{BASE}`",
        actual=f"{same:.1%}",
        hint="Another model of the same accuracy makes other mistakes: make it from the base, or"
        " train it to give the base's scores instead of the labels.",
    )


@check("answers", "expert", after="labels_agree")
def test_scores_stay(optimised_scores: Scores, base_scores: Scores) -> None:
    """For an average image no score moves by more than 0.025"""
    moved = float(distance(optimised_scores, base_scores).mean())
    expect(
        moved <= CLOSE,
        expected=f"at most {CLOSE}, the largest move of an image's ten scores, on average",
        actual=f"{moved:.3f}",
        hint="Finer scales (for each column or block), ranges measured on more pictures, fewer"
        " weights taken away.",
    )


@check("size", "proficient")
def test_half_the_size(lineup: Lineup) -> None:
    """The optimised variant takes at most 0.60 of the base's size, which is 1 MiB at least"""
    expect(
        lineup.substance >= LEAST_BASE * MIB,
        expected=f"at least {LEAST_BASE:g} MiB that zlib leaves of `{BASE}`",
        actual=f"{lineup.substance / MIB:.2f} of {lineup.sizes[BASE] / MIB:.2f} MiB",
        hint="Wider layers, kept as float32. Padding does not count.",
    )
    demand_size(lineup, HALF, "Half the precision (float16) already does it.")


@check("size", "advanced", after="half_the_size")
def test_byte_per_weight(lineup: Lineup) -> None:
    """The optimised variant takes at most 0.30 of the base's size"""
    demand_size(lineup, BYTE, "Quantise weights to 8 bits, and keep no copy in float32.")


@check("size", "expert", after="byte_per_weight")
def test_less_than_a_byte(lineup: Lineup) -> None:
    """The optimised variant takes at most 0.20 of the base's size"""
    demand_size(lineup, LESS, "Weights of 4 bits, or 8 bits of a pruned or distilled network.")


@check("size", "proficient")
def test_files_are_served(
    lineup: Lineup,
    launch: Launch,
    images: Pixels,
    measured: dict[str, Scores],
    seed: int,
) -> None:
    """Each variant is served from the files that were measured: damaged, they answer otherwise"""
    for variant in (OPTIMISED, BASE):
        usual = measured[variant]
        lineup.place_damaged(variant, "damaged", seed)
        try:
            service = launch(command=SERVE, mounts={"damaged": PLACE})
        except StudentFault:
            continue  # it read them, and would not serve them
        try:
            moved = float(distance(scores(service, images[:PROBES]), usual[:PROBES]).mean())
        except Failure:
            moved = 1.0  # what it read could not be computed with
        service.process.remove()
        expect(
            moved > DAMAGE,
            expected=f"no start, or other scores, when half of the bytes in `{variant}` are random",
            actual=f"scores like before: they move by {moved:.3f} on average",
            hint="`serve` must load its weights from /model, and from nowhere else.",
        )


@pytest.fixture(scope="session")
def pair(
    optimised: Service, base: Service, lineup: Lineup, images: Pixels, show: Show
) -> dict[str, Service]:
    """Both variants, whose times are shown."""
    services = {BASE: base, OPTIMISED: optimised}
    # Of these two alone: a folder that is too large fails its own check, and not all of the work.
    sizes = {name: size(lineup.files(name)) for name in services}
    show(savings(services, sizes, images))
    return services


@check("batches", "proficient")
def test_batch_equals_singles(pair: dict[str, Service], images: Pixels) -> None:
    """An image gets the same scores alone and in a batch, wherever it stands there"""
    few = images[:BATCH]
    order = np.arange(BATCH)[::-1]
    for name, service in pair.items():
        together, turned = scores(service, few), scores(service, few[order])[order]
        alone = np.concatenate([scores(service, row[None]) for row in few])
        for what, found in (("alone", alone), ("in a batch of another order", turned)):
            odd = int((distance(together, found) > SAME).sum())
            expect(
                odd == 0,
                expected=f"the same scores from `{name}` for {BATCH} images in a batch and {what},"
                f" within {SAME}",
                actual=f"{odd} images differ by more",
                hint="Row i of the answer belongs to image i. Is the model in evaluation mode, and"
                " is nothing scaled by figures of the request?",
            )


@check("batches", "advanced", after="batch_equals_singles")
def test_batch_is_one_call(optimised: Service, images: Pixels) -> None:
    """64 images in one request are one call of the model, 64 requests one by one are 64"""
    few = images[:BATCH]
    before = stats(optimised)
    scores(optimised, few)
    batch = counted(optimised, before)
    expect(
        (batch.calls, batch.images) == (1, BATCH),
        expected=f"`/stats` counts 1 call and {BATCH} images more after a request of {BATCH}",
        actual=f"{batch.calls} calls and {batch.images} images more",
        hint="Give the model one array of all images: [64, 64], not a row at a time.",
    )
    before = stats(optimised)
    for row in few:
        scores(optimised, row[None])
    singles = counted(optimised, before)
    expect(
        (singles.calls, singles.images) == (BATCH, BATCH),
        expected=f"{BATCH} calls and {BATCH} images more after {BATCH} requests, one by one",
        actual=f"{singles.calls} calls and {singles.images} images more",
        hint="Count where you call the model, and nowhere else.",
    )


@check("batches", "expert", after="batch_is_one_call")
def test_requests_share_calls(optimised: Service, optimised_scores: Scores, images: Pixels) -> None:
    """32 requests at the same time share calls of the model, and all get their own answers"""
    calls = []
    for burst in range(BURSTS):
        part = slice(burst * CROWD, (burst + 1) * CROWD)
        before = stats(optimised)
        found = at_once(optimised, images[part])
        calls.append(counted(optimised, before).calls)
        wrong = int((distance(found, optimised_scores[part]) > SAME).sum())
        expect(
            wrong == 0,
            expected=f"its own scores for each of {CROWD} requests at the same time",
            actual=f"{wrong} of them got others",
            hint="Keep with each waiting image who waits for it.",
        )
    expect(
        min(calls) <= CROWD // 2,
        expected=f"at most {CROWD // 2} calls of the model for {CROWD} requests of one image that"
        f" come at the same time, in the best of {BURSTS} tries",
        actual=f"{', '.join(map(str, calls))} calls",
        hint="Let a request wait for a few milliseconds, or for the call that is under way, and"
        " give all that wait to the model together.",
    )


@check("comparison", "proficient")
def test_table_is_true(lineup: Lineup) -> None:
    """`variants.json` names every exported variant, and its bytes are true"""
    table = lineup.table
    expect(
        sorted(table) == lineup.folders,
        expected=f"a row for each folder in /models: {', '.join(lineup.folders)}",
        actual=f"rows for {', '.join(sorted(table))}",
        hint="Write the table from what you wrote to the folders.",
    )
    for name, row in table.items():
        expect(
            row.size == lineup.sizes[name],
            expected=f"`bytes` of {name}: {lineup.sizes[name]}, the sum over its files",
            actual=row.size,
            hint="Measure the files once they are written.",
        )


@check("comparison", "advanced", after="table_is_true")
def test_several_variants(
    lineup: Lineup,
    launch: Launch,
    drawn: tuple[Pixels, Labels],
    measured: dict[str, Scores],
    show: Show,
) -> None:
    """Three variants or more beside the base, and each is as accurate as the table says"""
    demand_others(lineup, OTHERS)
    for name in lineup.table:
        if name not in measured:
            lineup.place(name, "other")
            service = launch(command=SERVE, mounts={"other": PLACE})
            measured[name] = scores(service, drawn[0])
            service.process.remove()
    accuracies = {name: right(measured[name], drawn[1]) for name in lineup.table}
    show(compared(lineup.sizes, accuracies))
    for name, row in lineup.table.items():
        found = accuracies[name]
        expect(
            abs(row.accuracy - found) <= ACCURACY_OFF,
            expected=f"an accuracy of {name} from {found - ACCURACY_OFF:.3f} to"
            f" {found + ACCURACY_OFF:.3f}: we measure {found:.3f}",
            actual=row.accuracy,
            hint="Measure what you serve, on images that nothing was trained on: the part `hidden`"
            " of the generator, with any seed.",
        )


@check("comparison", "expert", after="several_variants")
def test_choice_follows(lineup: Lineup, measured: dict[str, Scores]) -> None:
    """The table tells how often variants agree with the base, and the choice follows from it"""
    table = lineup.table
    for name, row in table.items():
        found = agreement(measured[name], measured[BASE])
        expect(
            row.agreement is not None and abs(row.agreement - found) <= AGREEMENT_OFF,
            expected=f"an `agreement` of {name} with {BASE} of {found:.3f}, within {AGREEMENT_OFF}",
            actual=row.agreement,
            hint="The share of images to which both give the same label, right or wrong.",
        )
    demand_choice(table, LOSS)
