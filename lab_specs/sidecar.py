"""A sidecar as a check sees it: a container of ours beside the student's.

It may be any of the lab's file. That it starts is our business: what keeps it from doing so is
never held against a student.
"""

from collections.abc import Mapping, Sequence

from lab_specs import service
from lab_specs.faults import StudentFault
from lab_specs.schema import SIDECAR_UID
from lab_specs.service import Service
from lab_specs.student import Image, Process

START_SECONDS = 180.0  # until a sidecar is ready: ours, so generous on a busy machine


class Sidecar(Image):
    """Starts containers of one of our own images. What runs in it may be the student's."""

    user: int = SIDECAR_UID

    def start(
        self,
        command: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, str] | None = None,
    ) -> Process:
        """As `Image.start`. Raises `RuntimeError` when the sidecar cannot be started."""
        try:
            return super().start(command, env=env, mounts=mounts)
        except StudentFault as fault:
            raise self._broken(fault) from fault

    def serve(
        self,
        command: Sequence[str] = (),
        *,
        env: Mapping[str, str] | None = None,
        mounts: Mapping[str, str] | None = None,
        health: str = service.HEALTH,
        seconds: float = START_SECONDS,
    ) -> Service:
        """Start it as a service on the port that its variable `PORT` names, and wait for it.

        Raises `RuntimeError` when `health` does not answer 200 within `seconds`. When a student's
        process has taken its port, now or later, or all ports that there are, that is a `Failure`.
        """
        service.demand_room()
        told = {"command": command, "env": env, "mounts": mounts, "owner": self.user}
        try:
            return service.launch(self, start_seconds=seconds, health=health, **told)  # type: ignore[arg-type]
        except StudentFault as fault:
            service.demand_room()
            raise self._broken(fault) from fault

    def _broken(self, fault: StudentFault) -> RuntimeError:
        return RuntimeError(f"the sidecar {self._sidecar}: {fault.code} {dict(fault.facts)}")
