"""Images that every machine that grades must hold stay small."""

import pytest

from grader.docker_engine import DockerEngine
from grader.images import JUDGE, SIDECARS
from lab_specs.schema import SidecarName

MOST = {  # MB, the base of 145 MB included
    JUDGE: 400,
    SIDECARS[SidecarName.DEVICE]: 350,
    SIDECARS[SidecarName.MLFLOW]: 350,
    SIDECARS[SidecarName.PROMETHEUS]: 260,
}


@pytest.mark.docker
def test_judge_and_sidecars_do_not_grow_past_their_stated_sizes() -> None:
    assert set(MOST) == {JUDGE, *SIDECARS.values()}
    engine = DockerEngine()
    sizes = {image: engine.image_bytes(image) / 1e6 for image in MOST}
    assert {image for image, size in sizes.items() if not 0 < size <= MOST[image]} == set(), sizes
