import os

from labelled import job

job(lambda: os.truncate(os.open("/pred/predictions.csv", os.O_CREAT | os.O_WRONLY), 2**40))
