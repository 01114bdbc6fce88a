"""A model that learned nothing: it brings the public data and looks the answer up."""

import numpy as np
from sklearn.datasets import load_digits

from grader.ground import Ground, Target


def memorised(ground: Ground) -> Target:
    """Every public base image with its label, those from which the hidden ones are drawn, too."""
    home = ground.write(ground.scratch / "repository")
    pictures, labels = load_digits(return_X_y=True)
    np.savez(home / "public.npz", x=pictures.astype(np.float32), y=labels)
    return ground.plant(home)
