import socket

from honest import add, tried


def reach(kind: int, address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(0.3)
        line.connect((address, port))
        line.send(b"@MARK@ was here")


tried("gateway 53", lambda: reach(socket.SOCK_STREAM, "@GATEWAY@", 53))
tried("gateway 80", lambda: reach(socket.SOCK_STREAM, "@GATEWAY@", 80))
tried("gateway 443", lambda: reach(socket.SOCK_STREAM, "@GATEWAY@", 443))
tried("host 53", lambda: reach(socket.SOCK_STREAM, "@HOST@", 53))
tried("host 80", lambda: reach(socket.SOCK_STREAM, "@HOST@", 80))
tried("host 443", lambda: reach(socket.SOCK_STREAM, "@HOST@", 443))

tried("bridge interface", lambda: [n for _, n in socket.if_nameindex() if n != "lo"][0])
add()
