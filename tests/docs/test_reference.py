"""The reference has every public name and every variable of the environment, and no other."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path
from types import ModuleType

import pytest

import graphnet as gn

ROOT = Path(__file__).parents[2]
PAGES = "\n".join(path.read_text() for path in sorted((ROOT / "docs/reference").glob("*.md")))
LISTED = re.findall(r"^(?:   |\.\. py:data:: )graphnet\.([\w.]+)$", PAGES, re.M)
MODULES = ["", *sorted(name for name in gn.__all__ if isinstance(getattr(gn, name), ModuleType))]


@pytest.mark.parametrize("module", MODULES)
def test_every_public_name_is_in_the_reference(module: str) -> None:
    owner = getattr(gn, module) if module else gn
    objects = [id(attrgetter(name)(gn)) for name in LISTED]
    missing = [
        name
        for name in owner.__all__
        if name not in MODULES
        and f"{module}.{name}".lstrip(".") not in LISTED
        and id(getattr(owner, name)) not in objects
    ]
    assert missing == [], "give these a place in docs/reference"


def test_the_reference_has_each_name_once_and_only_public_ones() -> None:
    assert len(LISTED) == len(set(LISTED)) > 100
    for name in LISTED:
        module, _, last = name.rpartition(".")
        assert last in (getattr(gn, module) if module else gn).__all__, name


def test_variables_of_the_environment_are_in_the_reference() -> None:
    source = "\n".join(path.read_text() for path in (ROOT / "graphnet").rglob("*.py"))
    read = {name for name in re.findall(r"GRAPHNET_[A-Z_]+", source) if name != "GRAPHNET_COMPILES_BESIDE"}
    assert read == {name for name in re.findall(r"GRAPHNET_[A-Z_]+", PAGES) if not name.endswith("COMPLETE")}
