import os

from honest import tried
from kernel import call_all

call_all()


def device(name: str, major: int, minor: int) -> None:
    os.mknod(name, 0o060600 if major > 1 else 0o020600, os.makedev(major, minor))
    os.close(os.open(name, os.O_RDWR))


for name, major, minor in (("memory", 1, 1), ("ports", 1, 4), ("disk", 254, 0), ("loop", 7, 0)):
    tried(name, lambda: device(f"/tmp/{name}", major, minor))
with open("/proc/self/status") as status:
    facts = dict(line.split(":\t", 1) for line in status if ":\t" in line)
print("capabilities", facts["CapEff"].strip(), "seccomp", facts["Seccomp"].strip())
if int(facts["CapEff"], 16) >> 21 & 1:
    print("REACHED the administration of the system")
