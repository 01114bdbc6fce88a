import os
import time

from honest import add

for _ in range(8):
    if not os.fork():
        end = time.monotonic() + 1
        while time.monotonic() < end:
            pass
        os._exit(0)
for _ in range(8):
    os.wait()
used = os.times()
seconds = used.children_user + used.children_system
print("worked together" if seconds < 1.7 else "REACHED more than one processor", seconds)
add()
