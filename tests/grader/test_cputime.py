"""Every way in which a kernel tells a container's processor time is read the same."""

from pathlib import Path

import pytest

from grader import cputime

V2 = "usage_usec 1500000\nuser_usec 1200000\nsystem_usec 300000\nnr_periods 7\n"


@pytest.mark.parametrize(
    ("place", "text"),
    [
        ("cpuacct/docker/c0/cpuacct.usage", "1500000000\n"),
        ("cpuacct/system.slice/docker-c0.scope/cpuacct.usage", "1500000000\n"),
        ("cpuacct/mlops/c0/cpuacct.usage", "1500000000\n"),
        ("docker/c0/cpu.stat", V2),
        ("system.slice/docker-c0.scope/cpu.stat", f"nr_bursts 0\n{V2}"),
    ],
)
def test_processor_time_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, text: str
) -> None:
    monkeypatch.setattr(cputime, "CGROUPS", tmp_path)
    (tmp_path / place).parent.mkdir(parents=True)
    (tmp_path / place).write_text(text)
    assert cputime.cpu_seconds("c0") == 1.5
    assert cputime.cpu_seconds("c1") is None
