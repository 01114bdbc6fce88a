"""Imports modules of a lab as its judge does: with their folder on the path."""

import importlib.util
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

LABS = Path(__file__).parents[3] / "lab_specs" / "labs"


@contextmanager
def judged(lab: str, name: str = "test_acceptance") -> Iterator[ModuleType]:
    """A module of a lab. It and its neighbours are forgotten then: others have their names."""
    known, folder = set(sys.modules), LABS / lab
    sys.path.insert(0, str(folder))
    try:
        spec = importlib.util.spec_from_file_location(f"{lab}_{name}", folder / f"{name}.py")
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(folder))
        for each in set(sys.modules) - known:
            if str(folder) in str(getattr(sys.modules[each], "__file__", "")):
                del sys.modules[each]
