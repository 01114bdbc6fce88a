"""Which hosts a build may reach, and the proxy that holds it to them."""

from pathlib import Path

import pytest

from grader import registries
from grader.registries import installed_from, main, proxy_conf, reachable
from grader.settings import GraderSettings


def settings(*hosts: str) -> GraderSettings:
    return GraderSettings(registries=list(hosts))


def test_the_settings_name_the_hosts() -> None:
    hosts = reachable(settings("Packages.example", "mirror.example", "mirror.example"))
    assert hosts == ["mirror.example", "packages.example"]


def test_a_domain_with_all_below_it_can_be_named() -> None:
    assert reachable(settings(".packages.example")) == [".packages.example"]


@pytest.mark.parametrize(
    "wrong", ["a b", "x\nhttp_access allow all", "http://x.example", "-i", "*"]
)
def test_what_is_no_host_never_reaches_the_proxys_configuration(wrong: str) -> None:
    with pytest.raises(ValueError, match="GRADER_REGISTRIES"):
        reachable(settings(wrong))


def test_the_proxy_lets_through_what_is_named_and_refuses_the_rest() -> None:
    lines = proxy_conf(["a.example", "b.example"], "127.0.0.1:3128").splitlines()
    assert "http_port 127.0.0.1:3128" in lines
    assert "acl registries dstdomain -n a.example b.example" in lines
    rules = [line for line in lines if line.startswith("http_access")]
    assert rules[-2:] == ["http_access allow registries", "http_access deny all"]
    assert [rule for rule in rules if "allow" in rule] == ["http_access allow registries"]


def test_without_any_host_nothing_is_let_through() -> None:
    assert "dstdomain -n none.invalid" in proxy_conf([], "127.0.0.1:3128")


def test_the_clients_of_this_machine_are_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"apt-get": "http://mirror.example/debian", "npm": "https://js.example/"}
    for name, answer in asked.items():
        (tmp_path / name).write_text(f"#!/bin/sh\necho {answer}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "python").write_text(
        "#!/bin/sh\n"
        '[ "$3" = config ] && { echo "global.index-url=\'https://py.example/simple\'"; exit; }\n'
        '[ "$PIP_INDEX_URL" = https://py.example/simple ] || exit 1\n'
        "echo Looking in https://py.example/simple, link https://files.example/pip.whl\n"
    )
    (tmp_path / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert installed_from() == ["files.example", "js.example", "mirror.example", "py.example"]


def test_a_client_that_is_absent_or_fails_names_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registries, "pip_config", lambda: "")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    assert installed_from() == []


def test_the_command_prints_the_configuration(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("GRADER_REGISTRIES", "b.example, a.example")
    assert main(["127.0.0.1:3128"]) == 0
    said = capsys.readouterr()
    assert said.err == "builds reach a.example, b.example\n"
    assert said.out == proxy_conf(["a.example", "b.example"], "127.0.0.1:3128")
    assert main([]) == 64
