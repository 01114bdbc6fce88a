import signal

from honest import serve

signal.signal(signal.SIGTERM, signal.SIG_IGN)
serve()
