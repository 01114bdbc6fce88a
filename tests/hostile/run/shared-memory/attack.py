import os

from honest import add

for folder in ("/dev/shm", "/tmp", "/dev", "/dev/mqueue", "/sys/fs/cgroup", "/proc"):
    written = 0
    try:
        with open(f"{folder}/filler", "wb", buffering=0) as file:
            for _ in range(200):
                written += file.write(b"x" * 1_000_000)
    except OSError as error:
        print("refused", folder, error.strerror)
    if written > 20_000_000:
        print("REACHED", folder, written)
    if written:
        os.remove(f"{folder}/filler")
add()
