import threading
import time

from honest import add

threading.stack_size(64 * 1024)
started = 0
end = time.monotonic() + 3
while started < 100_000 and time.monotonic() < end:
    try:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
    except RuntimeError:
        break
    started += 1
print("REACHED 100 threads" if started >= 100 else f"stopped at {started} threads")
add()
