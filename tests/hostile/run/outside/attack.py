import socket

from honest import add, tried


def reach(kind: int, address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(0.3)
        line.connect((address, port))
        line.send(b"@MARK@ was here")


tried("outside 53", lambda: reach(socket.SOCK_STREAM, "@OUTSIDE@", 53))
tried("outside 80", lambda: reach(socket.SOCK_STREAM, "@OUTSIDE@", 80))
tried("outside 443", lambda: reach(socket.SOCK_STREAM, "@OUTSIDE@", 443))
add()
