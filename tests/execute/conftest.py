"""The tests of the parts of the reference executor run it, unless they name another one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True, scope="module")
def _reference() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRAPHNET_BACKEND", "reference")
        yield
