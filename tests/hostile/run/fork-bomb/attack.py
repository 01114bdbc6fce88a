import os
import time

from honest import add

add()
born = 0
for _ in range(5_000):
    try:
        child = os.fork()
    except OSError:
        break
    if not child:
        time.sleep(60)
        os._exit(0)
    born += 1
print("REACHED 100 processes" if born >= 100 else f"stopped at {born} processes")
