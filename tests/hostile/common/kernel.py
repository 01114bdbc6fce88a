"""What no container may ask of the kernel, as a student or as root of a build step."""

import ctypes
import os

from honest import tried

libc = ctypes.CDLL(None, use_errno=True)


def call(number: int, *words: object) -> int:
    """A system call by its number on x86-64."""
    answer = libc.syscall(number, *words)
    if answer < 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return int(answer)


def call_all() -> None:
    """Try each, and say whether it worked."""
    tried("mount tmpfs", lambda: call(165, b"none", b"/tmp", b"tmpfs", 0, None))
    tried("mount proc", lambda: call(165, b"proc", b"/tmp", b"proc", 0, None))
    tried("remount root", lambda: call(165, None, b"/", None, 32, None))
    tried("umount", lambda: call(166, b"/in", 2))
    tried("new user namespace", lambda: call(272, 0x10000000))
    tried("new mount namespace", lambda: call(272, 0x00020000))
    tried("new network namespace", lambda: call(272, 0x40000000))
    tried("set namespace", lambda: call(308, os.open("/proc/self/ns/mnt", os.O_RDONLY), 0))
    tried("pivot root", lambda: call(155, b"/", b"/"))
    tried("ptrace another", lambda: call(101, 16, 2, 0, 0))
    tried("read another's memory", lambda: open("/proc/2/mem", "rb"))
    tried("add key", lambda: call(248, b"user", b"k", b"v", 1, -3))
    tried("keyctl", lambda: call(250, 0, -3, 1))
    tried("bpf", lambda: call(321, 0, ctypes.create_string_buffer(64), 64))
    tried("perf event", lambda: call(298, ctypes.create_string_buffer(128), 0, -1, -1, 0))
    tried("userfaultfd", lambda: call(323, 0))
    tried("io_uring", lambda: call(425, 8, ctypes.create_string_buffer(256)))
    tried("kernel module", lambda: call(175, b"x", 1, b""))
    tried("kexec", lambda: call(246, 0, 0, None, 0))
    tried("reboot", lambda: call(169, 0xFEE1DEAD, 672274793, 0, None))
    tried("swapon", lambda: call(167, b"/tmp/x", 0))
    tried("open by handle", lambda: call(304, -100, ctypes.create_string_buffer(64), 0))
    tried("write to /proc/sys", lambda: open("/proc/sys/kernel/core_pattern", "w"))
    tried("sysrq", lambda: open("/proc/sysrq-trigger", "w"))
    tried("release agent", lambda: open("/sys/fs/cgroup/memory/release_agent", "w"))
    tried("kernel memory", lambda: open("/dev/mem", "rb"))
    tried("clock", lambda: call(227, 0, ctypes.create_string_buffer(16)))
    tried("time of day", lambda: call(164, ctypes.create_string_buffer(16), None))
