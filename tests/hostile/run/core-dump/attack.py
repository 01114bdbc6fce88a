import os
import resource
import signal

from honest import add, tried

tried("limit", lambda: resource.setrlimit(resource.RLIMIT_CORE, (2**30, 2**30)))
os.chdir("/out")
child = os.fork()
if not child:
    filling = bytearray(b"x") * 20_000_000
    os.kill(os.getpid(), signal.SIGSEGV)
status = os.waitpid(child, 0)[1]
print("REACHED a dump" if os.WCOREDUMP(status) else "no dump")
print("files", os.listdir("/out"))
add()
