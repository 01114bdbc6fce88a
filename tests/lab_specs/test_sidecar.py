"""A sidecar is ours: whatever keeps it from starting is no fault of a student."""

import errno
import os
import socket
from contextlib import ExitStack

import pytest

from lab_specs import wire
from lab_specs.faults import Code
from lab_specs.schema import SidecarName
from lab_specs.service import Failure
from lab_specs.sidecar import Sidecar
from tests.lab_specs.test_service import OK, Server, says
from tests.lab_specs.test_student import Grader


def sidecar(*answers: wire.Answer) -> tuple[Sidecar, Grader]:
    grader = Grader(*answers)
    return Sidecar(grader, {"out": 4}, 30, SidecarName.DEVICE), grader


def test_a_sidecar_is_asked_for_by_its_name() -> None:
    ended = wire.Answer(container=2, exit_code=0, log="done")
    device, grader = sidecar(wire.Answer(container=2), ended, wire.Answer())
    assert device.run(["measure"], mounts={"out": "/models:ro"}).log == "done"
    assert grader.asked[0] == wire.Start(
        sidecar=SidecarName.DEVICE, command=("measure",), mounts={"out": "/models:ro"}
    )


def test_a_sidecar_that_cannot_start_is_no_fault_of_a_student() -> None:
    device, _ = sidecar(wire.Answer(code=Code.COMMAND_NOT_FOUND, facts={"error": "no such file"}))
    with pytest.raises(RuntimeError, match="device: command_not_found"):
        device.start()


def test_a_sidecar_that_ends_before_it_serves_is_no_fault_of_a_student() -> None:
    ended = wire.Answer(container=0, exit_code=1)
    device, _ = sidecar(wire.Answer(container=0), ended, ended, wire.Answer())
    with pytest.raises(RuntimeError, match="device: exited_at_start"):
        device.serve()


def test_a_process_that_answers_on_the_port_of_a_sidecar_is_the_students() -> None:
    with ExitStack() as end:

        def call(ask: wire.Message) -> wire.Answer:
            if isinstance(ask, wire.Start):
                end.callback(Server(says(OK), int(ask.env["PORT"])).close)
            return wire.Answer()

        one = Sidecar(call, {}, 30, SidecarName.MLFLOW)
        with pytest.raises(Failure, match="our own servers"):
            one.serve()
        one.user = os.getuid()
        assert one.serve().get("/").text == "ok"


def test_a_student_who_holds_all_ports_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    class Held(socket.socket):
        def bind(self, address: object) -> None:
            raise OSError(errno.EADDRINUSE, "Address already in use")

    monkeypatch.setattr("lab_specs.service.socket.socket", Held)
    device, grader = sidecar()
    with pytest.raises(Failure, match="holds them all"):
        device.serve()
    assert grader.asked == []
