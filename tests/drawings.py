"""The number of random drawings that a test tries, by the profile of hypothesis."""

from __future__ import annotations

from hypothesis import settings

FULL = 300
"""Drawings that each property is tried on by ``make test-full``."""
DAILY = 60
"""The same for ``make test``."""
QUICK = 10
"""The same for ``make quick``, and the fewest for tests that try less than a property."""


def drawings(full: int) -> int:
    """Return the number of drawings of a test that tries ``full`` of them in ``make test-full``.

    Other profiles try fewer in proportion, down to ``QUICK``.
    """
    profile = settings().max_examples
    return min(full, profile, max(full * profile // FULL, QUICK))
