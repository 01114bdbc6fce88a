"""What was not used longest goes first; what is in use, or new, stays."""

import math
import subprocess
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader import cache
from grader.cache import trim, victims
from grader.docker_client import build_command
from grader.docker_engine import DockerEngine
from grader.engine import CachedImage
from grader.room import GB
from grader.settings import GraderSettings
from tests.grader.fake_engine import FakeEngine, limits

BASE = "mlops-python:3.11"
MB = 10**6
LAYERS = {"a": 1, "b": 5, "c": 20, "d": 50, "e": 0}
IMAGES = st.lists(
    st.builds(
        lambda used_at, layers: CachedImage(
            names=("mlops-work:x",), used_at=used_at, layers={name: LAYERS[name] for name in layers}
        ),
        st.floats(min_value=0, max_value=100),
        st.sets(st.sampled_from("abcde")),
    ),
    max_size=8,
)


def image(name: str, used_at: float, **layers: int) -> CachedImage:
    return CachedImage(names=(name,), used_at=used_at, layers=layers)


def settings(cache_gb: float) -> GraderSettings:
    return GraderSettings(cache_gb=cache_gb)


def test_the_least_recently_used_go_until_the_rest_has_room() -> None:
    old, middle, new = image("old", 1, a=5), image("middle", 2, b=5), image("new", 3, c=5)
    assert victims([new, old, middle], 15, younger_than=9) == []
    assert victims([new, old, middle], 14, younger_than=9) == [old]
    assert victims([new, old, middle], 4, younger_than=9) == [old, middle, new]


def test_a_layer_that_many_share_counts_once() -> None:
    pushes = [image(f"push {number}", number, packages=900, code=1) for number in range(50)]
    assert victims(pushes, 901, younger_than=99) == []


def test_what_was_used_just_now_stays_whatever_its_size() -> None:
    old, new = image("old", 1, a=5), image("new", 3, c=500)
    assert victims([old, new], 10, younger_than=2) == [old]


@given(IMAGES, st.integers(0, 200))
def test_the_rest_has_room_and_no_more_goes_than_must(
    images: list[CachedImage], limit: int
) -> None:
    by_age = sorted(images, key=lambda image: image.used_at)
    gone = victims(images, limit, younger_than=math.inf)
    kept = by_age[len(gone) :]
    assert gone == by_age[: len(gone)]
    assert size(kept) <= limit
    if gone:
        assert size([gone[-1], *kept]) > limit


def size(images: list[CachedImage]) -> int:
    return sum({name: size for image in images for name, size in image.layers.items()}.values())


def test_a_cache_with_room_is_left_alone() -> None:
    engine = FakeEngine()
    engine.images = {"mlops-work:a": {}}
    engine.cached = {"mlops-work:a": (1.0, {"l": GB})}
    engine.build_cache = GB
    assert trim(engine, settings(1)) == []
    assert engine.build_cache == GB
    assert trim(engine, settings(0.5)) == ["mlops-work:a"]
    assert engine.build_cache == GB // 2


@pytest.fixture
def repository() -> Iterator[str]:
    """A name of its own: the images of others stay what they are."""
    name = f"mlops-test-{uuid4().hex[:12]}"
    yield name
    client = build_command()[0][0]
    words = [client, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}", name]
    left = subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()
    for one in left:
        subprocess.run([client, "image", "rm", "--force", one], check=False, capture_output=True)


def build(tag: str, megabytes: int) -> None:
    dockerfile = f"FROM {BASE}\nRUN echo {tag} && head -c {megabytes}000000 /dev/urandom > /data\n"
    command, more = build_command()
    subprocess.run(
        [*command, "--quiet", "--tag", tag, "-"],
        input=dockerfile.encode(),
        check=True,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", **more},
    )


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> DockerEngine:
    """The real one; nobody's build cache is pruned, and nothing is too young."""
    monkeypatch.setattr(DockerEngine, "prune_builds", lambda *_: 0)
    monkeypatch.setattr(cache, "YOUNG_SECONDS", 0.0)
    return DockerEngine()


@pytest.mark.docker
def test_real_images_go_by_their_last_use(engine: DockerEngine, repository: str) -> None:
    names = [f"{repository}:{name}" for name in ("one", "two", "three")]
    for name in names:
        build(name, 3)
    sizes = {one.names[0]: sum(one.layers.values()) for one in engine.cached_images(repository)}
    assert sizes == dict.fromkeys(names, pytest.approx(3 * MB, rel=0.1)), "without their base"
    assert engine.use_image(names[0]) == engine.image_id(names[0])
    assert trim(engine, settings(0.007), repository) == [names[1]]
    assert engine.image_id(names[0])
    assert trim(engine, settings(0.004), repository) == [names[2]]
    assert engine.use_image(names[2]) is None


@pytest.mark.docker
def test_a_real_image_in_use_stays(engine: DockerEngine, repository: str) -> None:
    name = f"{repository}:used"
    build(name, 1)
    image = engine.image_id(name)
    assert image
    container = engine.start(
        image=image, command=("sleep", "60"), env={}, mounts=(), labels={}, limits=limits()
    )
    try:
        assert trim(engine, settings(0), repository) == []
        assert engine.image_id(name) == image
    finally:
        engine.remove(container)
    assert trim(engine, settings(0), repository) == [name]


@pytest.mark.docker
def test_two_workers_at_once_do_no_harm(engine: DockerEngine, repository: str) -> None:
    names = [f"{repository}:{number}" for number in range(4)]
    for name in names:
        build(name, 1)
    ready = threading.Barrier(4)

    def worker(_: int) -> list[str]:
        ready.wait()
        return trim(engine, settings(0), repository)

    with ThreadPoolExecutor(4) as hands:
        gone = [name for went in hands.map(worker, range(4)) for name in went]
    assert sorted(gone) == names
    assert engine.cached_images(repository) == []


@pytest.mark.docker
def test_a_just_built_image_is_young(engine: DockerEngine, repository: str) -> None:
    build(f"{repository}:new", 1)
    (image,) = engine.cached_images(repository)
    assert abs(image.used_at - time.time()) < 60


@pytest.mark.docker
def test_the_build_cache_of_others_is_pruned_by_its_size_alone() -> None:
    assert DockerEngine().prune_builds(10**15) == 0
