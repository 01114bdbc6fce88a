import os
import signal
import time

for number in set(signal.Signals) - {signal.SIGKILL, signal.SIGSTOP, signal.SIGCHLD}:
    signal.signal(number, lambda *_: None)
end = time.monotonic() + 120
while time.monotonic() < end:
    try:
        child = os.fork()
    except OSError:
        time.sleep(0.1)
        continue
    if child:
        time.sleep(0.2)
    else:
        os.setsid()  # a child that lives on as somebody else's
