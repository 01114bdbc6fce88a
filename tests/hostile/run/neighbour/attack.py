import socket

from honest import add, tried

for port in (8000, 22):
    tried(f"neighbour {port}", lambda: socket.create_connection(("@NEIGHBOUR@", port), 1))


def shout() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        line.sendto(b"@MARK@ is anybody here?", ("@GATEWAY@".rpartition(".")[0] + ".255", 53))


tried("everybody", shout)
add()
