"""What tests everywhere need.

Hypothesis profiles: the one for every run is derandomised, so that a failure is the change's and not the day's.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, Phase, settings

from graphnet.language.activations import ACTIVATIONS

settings.register_profile(
    "ci",
    max_examples=300,
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
settings.load_profile("ci")


@pytest.fixture
def own_activations() -> Iterator[None]:
    """Forget the activations that a test registers."""
    functions = dict(ACTIVATIONS)
    yield
    ACTIVATIONS.clear()
    ACTIVATIONS.update(functions)
