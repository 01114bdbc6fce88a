"""What `docker-compose.yml` gives to whom."""

from pathlib import Path
from typing import Any

import pytest
import yaml

FILE = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
OURS = ("web", "helper", "grader")


def test_only_the_grader_holds_a_docker_socket() -> None:
    holders = [name for name, service in SERVICES.items() if "docker.sock" in str(service)]
    assert holders == ["grader"]


def test_by_default_it_is_the_engine_whose_builds_are_held() -> None:
    assert (
        "${DOCKER_SOCKET:-/run/mlops-engine/docker.sock}:/var/run/docker.sock"
        in SERVICES["grader"]["volumes"]
    )


@pytest.mark.parametrize("name", OURS)
def test_our_services_have_no_more_than_they_need(name: str) -> None:
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges" in service["security_opt"]
    assert not {"privileged", "pid", "network_mode", "cap_add"} & service.keys()


def test_secrets_are_files_and_never_variables() -> None:
    secrets = FILE["secrets"]
    assert all(list(secret) == ["file"] for secret in secrets.values())
    for service in SERVICES.values():
        names = {name.lower() for name in service.get("environment", {})}
        assert not names & {*secrets, "postgres_password"}


def test_only_the_web_is_reached_and_only_through_a_proxy() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:8000:8000"]}
    assert FILE["networks"]["inside"] == {"internal": True}
    for name in ("database", "broker"):
        assert SERVICES[name]["networks"] == ["inside"]


def test_the_database_is_no_newer_than_the_programs_that_back_it_up() -> None:
    image = (Path(__file__).parents[2] / "Dockerfile").read_text()
    assert SERVICES["database"]["image"] == "postgres:15"
    assert "postgresql-client-15" in image
