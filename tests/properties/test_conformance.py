"""The properties of networks, one test each, on the reference executor."""

from __future__ import annotations

from graphnet.testing import conformance
from graphnet.testing.properties import PROPERTIES
from tests.properties.interpreted import INTERPRETED

TestReference = conformance("reference", properties=(*INTERPRETED, *PROPERTIES))


def test_every_property_says_what_it_catches() -> None:
    for each in PROPERTIES:
        assert each.__doc__, each.__name__
        assert "Catches" in each.__doc__, each.__name__
