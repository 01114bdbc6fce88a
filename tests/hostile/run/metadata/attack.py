import socket

from honest import add, tried


def reach(kind: int, address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(0.3)
        line.connect((address, port))
        line.send(b"@MARK@ was here")


tried("metadata 80", lambda: reach(socket.SOCK_STREAM, "@METADATA@", 80))
tried("metadata 443", lambda: reach(socket.SOCK_STREAM, "@METADATA@", 443))
add()
