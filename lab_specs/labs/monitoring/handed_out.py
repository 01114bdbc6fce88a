"""What the image hands out when it is asked for its files, read once and on demand."""

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from files import Dashboard, Monitoring, read_dashboard, read_monitoring
from promtool import Promtool, lay_out

from lab_specs.kit import Failure, Image, Run, Sidecar, StudentFault

Sidecars = Callable[[str], Sidecar]


@dataclass(frozen=True)
class Files:
    """The files. The image is run, and they are read, when a check first asks for them."""

    student: Image
    sidecars: Sidecars

    @cached_property
    def promtool(self) -> Promtool:
        """Runs on the judge's copies."""
        volumes = (self.student.volume(name) for name in ("work", "days"))
        return Promtool(self.sidecars("prometheus"), *volumes)

    def hand_out(self) -> None:
        """Run the command once. Raises `StudentFault` when it did not end well."""
        self._run.require("monitoring")

    @cached_property
    def _run(self) -> Run:
        return self.student.run(["monitoring"], mounts={"out": "/out:rw"})

    @cached_property
    def monitoring(self) -> Monitoring:
        """Configuration and rules. Raises `StudentFault`."""
        self.hand_out()
        found = read_monitoring(self.student.volume("out"))
        lay_out(self.promtool.work, found)
        return found

    @property
    def readable(self) -> Monitoring:
        """As `monitoring`, for a fixture: there a `StudentFault` would refuse the whole work."""
        try:
            return self.monitoring
        except StudentFault as fault:
            raise Failure(
                expected="configuration and rules that can be read",
                actual=fault.code,
                hint="The checks of these files say more.",
            ) from None

    @cached_property
    def dashboard(self) -> Dashboard:
        """The dashboard. Raises `StudentFault`."""
        self.hand_out()
        return read_dashboard(self.student.volume("out"))

    @property
    def queries(self) -> list[str]:
        """Every query of every panel; none when there is no dashboard that can be read."""
        with contextlib.suppress(StudentFault):
            return self.dashboard.queries
        return []

    @property
    def recorded(self) -> set[str]:
        """The names of recorded series; none when there are no rules that can be read."""
        with contextlib.suppress(StudentFault):
            return set(self.monitoring.named("record"))
        return set()
