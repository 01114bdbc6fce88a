import os
import sys
import time

born = 0
for _ in range(5_000):
    try:
        child = os.fork()
    except OSError:
        break
    if not child:
        time.sleep(20)
        os._exit(0)
    born += 1
print("REACHED 5,000 processes" if born == 5_000 else f"stopped at {born} processes", flush=True)
sys.exit(born != 5_000)
