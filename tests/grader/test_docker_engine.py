"""The walls around a student's container: as the inside sees them, and as Docker tells them."""

import inspect
import json
import subprocess
import time
import tracemalloc
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any
from uuid import uuid4

import docker
import pytest

from grader.docker_client import build_command
from grader.docker_engine import DockerEngine
from grader.engine import DEADLINE, OWNER, Limits, Mount, State
from grader.seccomp import profile
from lab_specs.faults import Code, PlatformFault, StudentFault
from tests.grader.fake_engine import limits

pytestmark = pytest.mark.docker

BASE = "mlops-python:3.11"
MIB = 1024 * 1024
LOOK = """
import json, os, pathlib
status = dict(line.split(":\\t", 1) for line in open("/proc/self/status").read().splitlines())
def can_write(path):
    try:
        pathlib.Path(path, "probe").write_text("x")
        return True
    except OSError:
        return False
print(json.dumps({
    "ids": [os.getuid(), os.getgid(), os.getgroups()],
    "capabilities": [status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")],
    "no_new_privileges": status["NoNewPrivs"],
    "seccomp": status["Seccomp"],
    "interfaces": os.listdir("/sys/class/net"),
    "routes": len(open("/proc/net/route").read().splitlines()) - 1,
    "writable": [p for p in ("/", "/etc", "/home", "/usr", "/var/tmp", "/tmp") if can_write(p)],
    "shm": os.statvfs("/dev/shm").f_blocks * os.statvfs("/dev/shm").f_frsize,
    "home": os.environ["HOME"],
    "socket": os.path.exists("/var/run/docker.sock"),
}))
"""
FORKS = """
import os, time
made = 0
try:
    while made < 500:
        if os.fork() == 0:
            time.sleep(60)
        made += 1
except OSError as error:
    print(made, error.errno == 11)
"""
HOG = "kept = [bytearray(8 << 20) for _ in range(64)]; print('survived')"
FILL = """
import sys
try:
    with open(sys.argv[1], "wb", buffering=0) as file:
        done = 0
        while done < 200 << 20:
            done += file.write(bytes(64 << 10))
except OSError as error:
    print(done, error.errno == 28)
"""
KERNEL = """
import ctypes, errno, json, os, socket, threading
libc = ctypes.CDLL(None, use_errno=True)
CALLS = {
    "keyctl": (250, 0, -3, 0), "add_key": (248, b"user", b"x", b"y", 1, -3),
    "unshare a user namespace": (272, 0x10000000), "clone into a network": (56, 0x40000011, 0),
    "clone3": (435, 0, 0), "bpf": (321, 0, 0, 0), "perf_event_open": (298, 0, 0, -1, -1, 0),
    "userfaultfd": (323, 0), "io_uring_setup": (425, 8, ctypes.create_string_buffer(256)),
    "mount": (165, 0, 0, 0, 0, 0), "setns": (308, 0, 0), "clock_settime": (227, 0, 0),
    "open_by_handle_at": (304, 0, 0, 0), "kexec_load": (246, 0, 0, 0, 0), "syslog": (103, 3, 0, 0),
    "personality without address randomness": (135, 0x0040000),
}
SOCKETS = {
    "raw": (socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP),
    "packet": (socket.AF_PACKET, socket.SOCK_RAW, 0), "vsock": (40, socket.SOCK_STREAM, 0),
    "alg": (38, socket.SOCK_SEQPACKET, 0), "bluetooth": (31, socket.SOCK_RAW, 0),
    "xdp": (44, socket.SOCK_RAW, 0),
    "unix": (socket.AF_UNIX, socket.SOCK_STREAM, 0), "tcp": (socket.AF_INET, socket.SOCK_STREAM, 0),
    "tcp 6": (socket.AF_INET6, socket.SOCK_STREAM, 0),
}
def call(*words):
    if libc.syscall(*words) >= 0:
        return "done"
    return errno.errorcode[ctypes.get_errno()]
def open_socket(*words):
    try:
        socket.socket(*words).close()
        return "done"
    except OSError as error:
        return errno.errorcode[error.errno]
said = {name: call(*words) for name, words in CALLS.items()}
said |= {name: open_socket(*words) for name, words in SOCKETS.items()}
os.mkfifo("/tmp/pipe")
thread = threading.Thread(target=said.update, args=({"a thread": "done"},))
thread.start(); thread.join()
print(json.dumps(said))
"""
MANY_NAMES = """
import os
try:
    number = 0
    while number < 3_000_000:
        os.mknod(f"/dev/shm/{number}"); number += 1
except OSError as error:
    print("refused", error.errno)
print("made", number)
"""
TINY_FILES = """
import sys
try:
    for number in range(60_000):
        open(f"{sys.argv[1]}/{number}", "w").close()
except OSError as error:
    print(error.errno == 28)
"""


class Lab:
    """Runs Python in hardened containers, and clears up."""

    def __init__(self) -> None:
        self.engine = DockerEngine()
        self.api = docker.from_env().api
        self.containers: list[str] = []
        self.volumes: list[str] = []

    def start(self, command: Sequence[str], image: str = BASE, **changes: Any) -> str:
        mounts = changes.pop("mounts", ())
        labels = changes.pop("labels", {})
        container = self.engine.start(
            image=image,
            command=command,
            env={"HOME": "/tmp"},
            mounts=mounts,
            labels=labels,
            limits=limits(**changes),
        )
        self.containers.append(container)
        return container

    def run(self, code: str, *arguments: str, **changes: Any) -> tuple[State, str]:
        """The end of a Python program, and what it printed."""
        container = self.start(["python", "-c", code, *arguments], **changes)
        assert self.engine.wait(container, 60)
        return self.engine.state(container), self.engine.log(container, 100_000).decode()

    def volume(self, size_mb: int) -> str:
        labels = {DEADLINE: str(time.time() + 600)}
        self.volumes.append(self.engine.create_volume(size_mb=size_mb, labels=labels))
        return self.volumes[-1]

    def close(self) -> None:
        for container in self.containers:
            self.engine.remove(container)
        for volume in self.volumes:
            self.engine.remove_volume(volume)
        self.api.close()


@pytest.fixture
def lab() -> Iterator[Lab]:
    lab = Lab()
    yield lab
    lab.close()


@pytest.fixture
def image() -> Iterator[Any]:
    """Builds an image from a Dockerfile; it is taken away afterwards."""
    tag = f"mlops-test-{uuid4().hex[:12]}:x"

    def build(dockerfile: str) -> str:
        command, more = build_command()
        path = {"PATH": "/usr/local/bin:/usr/bin:/bin"}
        subprocess.run(
            [*command, "-q", "-t", tag, "-"],
            input=dockerfile.encode(),
            check=True,
            capture_output=True,
            env=path | more,
        )
        return tag

    yield build
    subprocess.run([build_command()[0][0], "image", "rm", tag], capture_output=True, check=False)


def test_the_inside_sees_nothing_to_take_hold_of(lab: Lab) -> None:
    _, printed = lab.run(LOOK)
    assert json.loads(printed) == {
        "ids": [10001, 10001, [10001]],
        "capabilities": ["0000000000000000"] * 5,
        "no_new_privileges": "1",
        "seccomp": "2",
        "interfaces": ["lo"],
        "routes": 0,
        "writable": ["/tmp"],
        "shm": 16 * MIB,
        "home": "/tmp",
        "socket": False,
    }


def test_the_kernel_is_asked_for_nothing_unusual(lab: Lab) -> None:
    state, printed = lab.run(KERNEL)
    assert state.exit_code == 0, printed
    said = json.loads(printed)
    usual = {"unix", "tcp", "tcp 6", "a thread"}
    assert {name: said.pop(name) for name in usual} == dict.fromkeys(usual, "done")
    assert said.pop("clone3") == "ENOSYS", "libraries take that for an older kernel"
    assert said == dict.fromkeys(said, "EPERM")


def test_files_without_content_count_as_memory(lab: Lab) -> None:
    state, printed = lab.run(MANY_NAMES)
    assert state.out_of_memory, printed
    assert "made" not in printed


def test_docker_tells_the_same(lab: Lab) -> None:
    container = lab.start(["sleep", "60"], cpus=0.5)
    told = lab.api.inspect_container(container)
    host: Mapping[str, Any] = told["HostConfig"]
    assert told["Config"]["User"] == "10001:10001"
    assert told["Config"]["Labels"][OWNER] == "yes"
    wanted = {
        "Memory": 64 * MIB,
        "MemorySwap": 64 * MIB,
        "PidsLimit": 32,
        "CpuQuota": 50_000,
        "CpuPeriod": 100_000,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "CapAdd": None,
        "SecurityOpt": ["no-new-privileges", f"seccomp={profile()}"],
        "OomScoreAdj": 500,
        "NetworkMode": "none",
        "IpcMode": "private",
        "Privileged": False,
        "Devices": None,
        "PublishAllPorts": False,
        "Binds": [],
    }
    assert {name: host[name] for name in wanted} == wanted
    assert host["PidMode"] == host["UTSMode"] == ""
    assert host["LogConfig"] == {"Type": "local", "Config": {"max-file": "2", "max-size": "1m"}}
    assert {one["Name"]: (one["Soft"], one["Hard"]) for one in host["Ulimits"]} == {
        "core": (0, 0),
        "nofile": (16_384, 16_384),
    }
    assert set(host["Tmpfs"]) == {"/tmp"}


def test_an_attached_container_is_held_as_tightly(lab: Lab) -> None:
    container = lab.start(["sleep", "60"])
    other, pipe = lab.engine.start_attached(
        image="mlops-judge:latest", mounts=(), labels={}, limits=limits(user="10002:10002")
    )
    lab.containers.append(other)
    pipe.close()
    first, second = (lab.api.inspect_container(one)["HostConfig"] for one in (container, other))
    assert first == second


def test_a_user_of_the_image_or_its_labels_change_nothing(lab: Lab, image: Any) -> None:
    tag = image(
        f'FROM {BASE}\nUSER root\nLABEL {DEADLINE}="1" {OWNER}="no"\n'
        "HEALTHCHECK --interval=1s CMD touch /tmp/health\n"
    )
    container = lab.start(["python", "-c", LOOK], image=tag)
    assert lab.engine.wait(container, 30)
    seen = json.loads(lab.engine.log(container, 100_000))
    assert seen["ids"] == [10001, 10001, [10001]]
    told = lab.api.inspect_container(container)["Config"]
    assert told["Labels"][OWNER] == "yes"
    assert float(told["Labels"][DEADLINE]) > time.time()
    assert told["Healthcheck"]["Test"] == ["NONE"]


def test_a_volume_of_the_image_is_no_way_to_the_disk(lab: Lab, image: Any) -> None:
    tag = image(
        f"FROM {BASE}\nRUN mkdir -m 777 /data && echo kept > /data/model\nVOLUME /data /tmp\n"
    )
    before = {volume["Name"] for volume in lab.api.volumes()["Volumes"] or []}
    code = f"print(open('/data/model').read().strip()); import sys\n{FILL}"
    container = lab.start(["python", "-c", code, "/data/x"], image=tag)
    held = {mount["Name"] for mount in lab.api.inspect_container(container)["Mounts"]} - before
    assert lab.engine.wait(container, 30)
    printed = lab.engine.log(container, 10_000).decode()
    assert "kept" in printed.splitlines()
    assert "Read-only file system" in printed
    tmp = lab.start(["python", "-c", FILL, "/tmp/x"], image=tag)
    assert lab.engine.wait(tmp, 30)
    assert lab.engine.log(tmp, 1000) == f"{4 * MIB} True\n".encode()
    lab.engine.remove(container)
    left = {volume["Name"] for volume in lab.api.volumes()["Volumes"] or []}
    assert held
    assert not held & left


def test_processes_are_counted(lab: Lab) -> None:
    _, printed = lab.run(FORKS)
    made, refused = printed.split()
    assert int(made) < 32
    assert refused == "True"


@pytest.mark.parametrize("program", [FILL, TINY_FILES])
def test_tmp_has_an_end(lab: Lab, program: str) -> None:
    target = "/tmp/x" if program is FILL else "/tmp"
    _, printed = lab.run(program, target)
    assert printed.split()[-1] == "True"
    if program is FILL:
        assert int(printed.split()[0]) == 4 * MIB


def test_a_volume_has_the_size_that_was_asked_for(lab: Lab) -> None:
    mount = Mount(volume=lab.volume(2), at="/out", read_only=False)
    _, printed = lab.run(FILL, "/out/x", mounts=[mount])
    assert printed == f"{2 * MIB} True\n"


def test_a_volume_given_to_read_cannot_be_written(lab: Lab) -> None:
    mount = Mount(volume=lab.volume(2), at="/out", read_only=True)
    state, printed = lab.run(FILL, "/out/x", mounts=[mount])
    assert state.exit_code == 1
    assert "Read-only file system" in printed


def test_too_much_memory_is_seen_as_such(lab: Lab) -> None:
    state, printed = lab.run(HOG)
    assert state.out_of_memory
    assert state.exit_code == 137
    assert "survived" not in printed


def test_a_kill_is_not_taken_for_too_much_memory(lab: Lab) -> None:
    state, _ = lab.run("import os; os.kill(os.getpid(), 9)")
    # The first process of a container cannot be killed from the inside; it just goes on.
    assert state == State(exit_code=0, out_of_memory=False, seconds=state.seconds)
    container = lab.start(["sleep", "60"])
    lab.engine.signal(container, "KILL")
    lab.engine.wait(container, 30)
    assert not lab.engine.state(container).out_of_memory


def test_processor_time_is_shared_out(lab: Lab) -> None:
    burn = (
        "import time; a=time.monotonic(); c=time.process_time()\n"
        "while time.monotonic() - a < 2: pass\n"
        "print(time.process_time() - c)"
    )
    _, printed = lab.run(burn, cpus=0.25)
    assert float(printed) < 1.0


@pytest.mark.parametrize(
    "command",
    [
        ["sh", "-c", "yes | head -c 6000000"],
        ["sh", "-c", "head -c 30000000 /dev/zero | tr '\\0' x"],
        ["sh", "-c", "yes aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa | head -c 12000000"],
    ],
    ids=["short lines", "one endless line", "longer lines"],
)
def test_endless_output_is_bounded_on_disk_and_in_memory(lab: Lab, command: list[str]) -> None:
    container = lab.start(command)
    assert lab.engine.wait(container, 60)
    tracemalloc.start()
    began = time.monotonic()
    printed = lab.engine.log(container, 16_000)
    seconds, (_, peak) = time.monotonic() - began, tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(printed) == 16_000
    assert peak < 16 * MIB
    assert seconds < 5
    everything = lab.api.logs(container)
    assert len(everything) < 3 * MIB


def test_the_end_of_a_log_of_short_lines_is_whole(lab: Lab) -> None:
    container = lab.start(["sh", "-c", "seq 1 5000"])
    assert lab.engine.wait(container, 30)
    whole = "".join(f"{number}\n" for number in range(1, 5001)).encode()
    assert lab.engine.log(container, 16_000) == whole[-16_000:]


def test_a_forgotten_limit_is_a_type_error() -> None:
    given = {field.name: getattr(limits(), field.name) for field in fields(Limits)}
    for name in given:
        with pytest.raises(TypeError, match=name):
            Limits(**{one: value for one, value in given.items() if one != name})
    for method in (DockerEngine.start, DockerEngine.start_attached):
        parameters = list(inspect.signature(method).parameters.values())[1:]
        assert "limits" in {parameter.name for parameter in parameters}
        assert all(parameter.default is parameter.empty for parameter in parameters)


def test_containers_share_a_network_that_leads_nowhere(lab: Lab) -> None:
    first = lab.start(["python", "-m", "http.server", "8765", "--bind", "127.0.0.1"])
    ask = (
        "import urllib.request, time\n"
        "for _ in range(200):\n"
        "    try:\n"
        "        print(urllib.request.urlopen('http://127.0.0.1:8765').status); break\n"
        "    except OSError: time.sleep(0.05)"
    )
    _, printed = lab.run(ask, network=f"container:{first}")
    assert printed == "200\n"
    _, printed = lab.run(LOOK, network=f"container:{first}")
    assert json.loads(printed)["interfaces"] == ["lo"]


@pytest.mark.parametrize(
    "command", [["/etc/passwd"], ["/etc"], ["/no/such"], ["no-such"]], ids=lambda c: c[0]
)
def test_what_cannot_be_executed_is_the_students(lab: Lab, command: list[str]) -> None:
    mark = uuid4().hex
    with pytest.raises(StudentFault) as caught:
        lab.start(command, labels={"mlops.test": mark})
    assert caught.value.code is Code.COMMAND_NOT_FOUND
    left = lab.api.containers(all=True, filters={"label": f"mlops.test={mark}"})
    assert left == [], "a container that never ran was left behind"


@pytest.mark.parametrize(
    "lines",
    [
        "VOLUME /",
        "VOLUME /proc",
        "WORKDIR /proc/self/fd/8",
        "RUN rmdir /tmp && ln -s /tmp /tmp",
        "WORKDIR /work/here\nRUN cd / && rm -r /work && touch /work",
    ],
)
def test_an_image_that_no_engine_starts_is_the_students(
    lab: Lab, image: Callable[[str], str], lines: str
) -> None:
    mark = uuid4().hex
    judge = lab.start(["sleep", "60"])
    made = image(f"FROM {BASE}\n{lines}\n")
    with pytest.raises(StudentFault) as caught:
        lab.start(["true"], image=made, network=f"container:{judge}", labels={"mlops.test": mark})
    assert caught.value.code is Code.CANNOT_START
    assert caught.value.facts["error"]
    left = lab.api.containers(all=True, filters={"label": f"mlops.test={mark}"})
    assert left == []
    assert lab.api.volumes(filters={"label": f"mlops.test={mark}"})["Volumes"] in (None, [])


def test_what_no_image_can_be_started_with_is_ours(lab: Lab) -> None:
    judge = lab.start(["sleep", "60"])
    nowhere = [Mount(volume=lab.volume(1), at="/proc", read_only=False)]
    with pytest.raises(PlatformFault):
        lab.start(["true"], network=f"container:{judge}", mounts=nowhere)


def test_an_image_that_is_gone_is_ours(lab: Lab) -> None:
    with pytest.raises(PlatformFault) as caught:
        lab.start(["true"], image="mlops-test:none")
    assert caught.value.code is Code.ENGINE_UNAVAILABLE


def test_an_engine_that_is_not_there_is_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:9")
    with pytest.raises(PlatformFault) as caught:
        DockerEngine(timeout=2)
    assert caught.value.code is Code.ENGINE_UNAVAILABLE
