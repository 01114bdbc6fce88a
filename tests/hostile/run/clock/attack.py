import ctypes
import time

from honest import add, tried

tried("set clock", lambda: time.clock_settime(time.CLOCK_REALTIME, 0))


def adjust() -> None:
    if ctypes.CDLL(None).settimeofday(ctypes.create_string_buffer(16), None):
        raise PermissionError("settimeofday")


tried("set time of day", adjust)
time.time = lambda: 0.0
time.sleep(60)  # longer than the lab gives, on however busy a machine, and whatever our clock says
add()
