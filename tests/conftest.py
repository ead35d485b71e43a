"""Profiles of hypothesis, the marker of tests that need torch, and a fixture for tests that register activations.

Profiles are derandomised, so that a failure is due to a change.  ``ci`` is the one of ``make test``;
``--hypothesis-profile`` chooses another one.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import pytest
from hypothesis import HealthCheck, Phase, settings

from graphnet.language.activations import ACTIVATIONS

from .drawings import DAILY, FULL, QUICK

settings.register_profile(
    "ci",
    max_examples=DAILY,
    derandomize=True,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
    # explaining a failure tries a thousand more drawings
    phases=[Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink],
)
settings.register_profile(
    "mutants", settings.get_profile("ci"), max_examples=8, phases=[Phase.explicit, Phase.generate]
)
settings.register_profile("full", settings.get_profile("ci"), max_examples=FULL)
settings.register_profile("quick", settings.get_profile("ci"), max_examples=QUICK)
settings.load_profile("ci")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip the tests that are marked to need torch where it is not installed."""
    if find_spec("torch") is None:
        for item in items:
            if item.get_closest_marker("torch"):
                item.add_marker(pytest.mark.skip(reason="torch is not installed"))


@pytest.fixture
def own_activations() -> Iterator[None]:
    """Forget the activations that a test registers."""
    functions = dict(ACTIVATIONS)
    yield
    ACTIVATIONS.clear()
    ACTIVATIONS.update(functions)
