import os

from labelled import job

job(lambda: os.symlink("/volumes/in/inputs.npz", "/pred/predictions.csv"))
