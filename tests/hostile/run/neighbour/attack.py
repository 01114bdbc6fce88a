import socket

from honest import add, tried


def reach(kind: int, address: str, port: int) -> None:
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(0.3)
        line.connect((address, port))
        line.send(b"@MARK@ was here")



for number in range(2, 22):
    address = "@GATEWAY@".rpartition(".")[0] + f".{number}"
    tried(f"neighbour {number}", lambda: reach(socket.SOCK_STREAM, address, 80))


def shout() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        line.sendto(b"@MARK@ is anybody here?", ("@GATEWAY@".rpartition(".")[0] + ".255", 53))


tried("everybody", shout)
add()
