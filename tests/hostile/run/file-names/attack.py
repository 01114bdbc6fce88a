import os
import sys

for folder in ("/tmp", "/out"):
    try:
        for number in range(200_000):
            os.mknod(f"{folder}/{number}")
    except OSError as error:
        print("refused", folder, error.strerror)
    else:
        print("REACHED 200,000 names")
sys.exit(3)
