import os

from labelled import job


def predict() -> None:
    try:
        os.mknod("/pred/predictions.csv", 0o020666, os.makedev(1, 5))
        print("REACHED a device")
    except OSError as error:
        print("refused", error.strerror)
        os.symlink("/dev/zero", "/pred/predictions.csv")


job(predict)
