"""Figures of what the device saw."""

from devices import Model

from lab_specs.kit import Figure, Series


def figures(models: list[Model]) -> list[Figure]:
    """Size against accuracy, and the time for an image, of the models that run."""
    spots = tuple(
        Series(name=model.name, x=(model.artefact.packed / 1024,), y=(model.right,))
        for model in models
    )
    timed = [model for model in models if model.seen.times]
    rounds = tuple(
        Series(name=model.name, x=tuple(range(1, len(model.seen.times) + 1)), y=model.seen.times)
        for model in timed
    )
    sizes = tuple(len(model.artefact.content) / 1024 for model in models)
    packed = tuple(model.artefact.packed / 1024 for model in models)
    names = tuple(model.name for model in models)
    return [
        Figure(
            id="accuracy",
            title="Size against accuracy",
            x="size after gzip, KiB",
            y="share of hidden images right",
            kind="points",
            series=spots,
        ),
        Figure(
            id="sizes",
            title="Space that the models take",
            x="model",
            y="KiB",
            kind="bars",
            series=(
                Series(name="file", x=names, y=sizes),
                Series(name="after gzip", x=names, y=packed),
            ),
        ),
        Figure(
            id="times",
            title="Time for one image, measured in turns",
            x="round",
            y="µs",
            kind="lines",
            series=rounds,
        ),
    ]
