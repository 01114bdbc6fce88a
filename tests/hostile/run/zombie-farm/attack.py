import os
import time

from honest import add

add()
born = 0
for number in range(2_000):
    try:
        child = os.fork()
    except OSError:
        break
    if not child:
        if number % 5:
            os._exit(0)  # a zombie, since the parent never asks for it
        os.setsid()
        time.sleep(100)
        os._exit(0)
    born += 1
print("REACHED 100 zombies" if born >= 100 else f"stopped at {born} children")
