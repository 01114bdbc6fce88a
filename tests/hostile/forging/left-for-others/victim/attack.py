import os

from honest import add

folders = ("/in", "/out", "/tmp", "/dev/shm", "/spool")
print("there is", [f"{folder}/{name}" for folder in folders for name in os.listdir(folder)])
add()
