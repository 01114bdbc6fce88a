"""A site's settings: certificates, package indexes and wheels, none of them committed."""

from pathlib import Path

import pytest

from grader.images import ImageError
from grader.images.site import PIP_CONF, Site, certificates, pip_conf, pip_settings, read_site


def test_the_environment_wins_over_pips_files() -> None:
    listing = ":env:.find-links='/from/environment'\nglobal.find-links='/from/file /more'\n"
    assert pip_settings(listing) == {"find-links": ["/from/environment"]}


def test_options_of_several_words_are_taken_apart() -> None:
    assert pip_settings("global.extra-index-url='a b\\nc'\n") == {
        "extra-index-url": ["a", "b", "c"]
    }


def test_a_container_gets_the_hosts_own_index() -> None:
    conf = pip_conf({"index-url": ["https://packages.example/simple"]})
    assert conf == f"{PIP_CONF}index-url = https://packages.example/simple\n"


def test_folders_and_passwords_of_the_host_stay_out_of_the_image() -> None:
    conf = pip_conf(
        {
            "index-url": ["https://student:secret@packages.example/simple"],
            "extra-index-url": ["file:///srv/packages", "https://more.example/simple"],
        }
    )
    assert conf == f"{PIP_CONF}extra-index-url = https://more.example/simple\n"


def test_certificates_end_with_one_line_break(tmp_path: Path) -> None:
    bundle = tmp_path / "site.pem"
    bundle.write_text("-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----")
    assert certificates(str(bundle)).endswith("-----END CERTIFICATE-----\n")


def test_a_missing_bundle_is_an_error_only_when_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("grader.images.site.HOST_BUNDLE", tmp_path / "none")
    assert certificates("") == ""
    with pytest.raises(ImageError, match="GRADER_SITE_CA"):
        certificates(str(tmp_path / "none"))


def test_a_wrong_registry_setting_is_refused() -> None:
    with pytest.raises(ImageError, match="GRADER_REGISTRY is 'maybe'"):
        read_site({"GRADER_REGISTRY": "maybe"})


def test_the_settings_of_this_machine_are_read() -> None:
    site = read_site({"GRADER_TORCH_INDEX": "https://wheels.example"})
    assert (site.registry, site.torch_index) == ("auto", "https://wheels.example")
    assert site.pip_conf.startswith(PIP_CONF)


def test_the_wheel_fits_version_and_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    for name in (
        "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_aarch64.whl",
        "torch-2.13.0+cpu-cp312-cp312-manylinux_2_28_x86_64.whl",
        "torch-2.12.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl",
    ):
        (tmp_path / name).touch()
    site = Site("auto", "", "", [tmp_path / "none", tmp_path], "")
    assert site.wheel("torch", "2.13.0") is None
    fitting = tmp_path / "torch-2.13.0+cpu-cp311-cp311-manylinux_2_28_x86_64.whl"
    fitting.touch()
    assert site.wheel("torch", "2.13.0") == fitting
