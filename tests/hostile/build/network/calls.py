import os
import socket
from urllib.parse import urlsplit

from honest import tried


def reach(kind: int, address: str, port: int) -> str:
    with socket.socket(socket.AF_INET, kind) as line:
        line.settimeout(0.4)
        line.connect((address, port))
        line.send(b"@MARK@ was here")
        if kind == socket.SOCK_DGRAM:
            raise ConnectionError("a packet that nobody confirms")
        return f"{address}:{port}"


def through_proxy(address: str, port: int) -> str:
    proxy = urlsplit(os.environ.get("https_proxy") or os.environ["HTTPS_PROXY"])
    with socket.create_connection((proxy.hostname, proxy.port), 2) as line:
        line.sendall(f"CONNECT {address}:{port} HTTP/1.1\r\n\r\n".encode())
        said = line.recv(100)
        if b" 200 " not in said.split(b"\r\n")[0] + b" ":
            raise PermissionError(said[:60])
        line.sendall(b"@MARK@ was here")
        return said.decode()


DECOYS = {
    "outside": "@OUTSIDE@",
    "metadata": "@METADATA@",
    "gateway": "@GATEWAY@",
    "host": "@HOST@",
}
for name, address in DECOYS.items():
    for port in (53, 80, 443):
        tried(f"{name} {port}", lambda: reach(socket.SOCK_STREAM, address, port))
    tried(f"packet to {name}", lambda: reach(socket.SOCK_DGRAM, address, 53))
    for port in (80, 443):
        tried(f"proxy to {name} {port}", lambda: through_proxy(address, port))
tried("raw socket", lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 3) and None)
