import os

from honest import add, tried
from kernel import call_all

call_all()
tried("chroot", lambda: os.chroot("/tmp"))
tried("device", lambda: os.mknod("/tmp/disk", 0o060600, os.makedev(254, 0)))
tried("become root", lambda: os.setuid(0))
tried("chown", lambda: (open("/tmp/mine", "w").close(), os.chown("/tmp/mine", 0, 0)))
add()
