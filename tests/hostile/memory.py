"""A model that learned nothing: it brings the public data and looks the answer up."""

import numpy as np

from grader.ground import Ground, Target
from lab_specs.digits import digits

COUNT = 10_000  # of either part, drawn with a seed that is not the edition's


def memorised(ground: Ground) -> Target:
    """Pictures from every public base image, those from which the hidden ones are drawn, too."""
    home = ground.write(ground.scratch / "repository")
    parts = [digits(1, COUNT, part) for part in ("train", "hidden")]
    pictures, labels = (np.concatenate(both) for both in zip(*parts, strict=True))
    np.savez(home / "public.npz", x=pictures.round().astype(np.uint8), y=labels.astype(np.uint8))
    return ground.plant(home)
