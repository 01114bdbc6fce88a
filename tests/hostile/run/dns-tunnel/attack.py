import socket

from honest import add, tried


def reach(kind: int, address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(0.3)
        line.connect((address, port))
        line.send(b"@MARK@ was here")


QUESTION = b"\0\1\1\0\0\1\0\0\0\0\0\0\x10@MARK@\3lan\0\0\1\0\1"


def ask(address: str) -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.sendto(QUESTION, (address, 53))


for name, address in (("outside", "@OUTSIDE@"), ("gateway", "@GATEWAY@")):
    tried(f"question to {name}", lambda: ask(address))
add()
