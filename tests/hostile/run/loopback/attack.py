import socket

from honest import add, tried

LISTENS = "0A"
found = []
for table in ("tcp", "tcp6", "udp", "udp6", "raw", "packet"):
    try:
        with open(f"/proc/net/{table}") as rows:
            found += [f"{table} {row.split()[1]}" for row in list(rows)[1:]]
    except OSError as error:
        print("no table", table, error.strerror)
print("REACHED listeners" if found else "nobody listens", found[:20])
for port in (22, 80, 443, 2375, 2376, 3128, 5432, 6379, 8000, 8080, 8888):
    tried(f"port {port}", lambda: socket.create_connection(("127.0.0.1", port), 1))
with open("/proc/net/unix") as rows:
    names = [row.split()[-1] for row in rows if "@" in row or "/" in row]
print("REACHED sockets" if names else "no sockets", names[:20])
with open("/proc/net/dev") as rows:
    print("interfaces", sorted(row.split(":")[0].strip() for row in rows if ":" in row))
add()
