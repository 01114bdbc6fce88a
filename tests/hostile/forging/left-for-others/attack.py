import contextlib

from honest import add

for folder in ("/in", "/out", "/tmp", "/dev/shm", "/spool"):
    with contextlib.suppress(OSError), open(f"{folder}/planted", "w") as file:
        file.write("the answers")
        print("left", folder)
add()
