"""Libraries of peers that are installed, and do nothing."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch and a JAX that can be imported, and no more."""
    for library in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, library, ModuleType(library))
