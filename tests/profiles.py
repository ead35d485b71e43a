"""The number of random drawings that a test tries, by the profile of hypothesis."""

from __future__ import annotations

from hypothesis import settings

FULL = 300
"""Drawings of a property in the profile ``full``, that of ``make test-full``."""
DAILY = 60
"""The same in the profile ``ci``, that of ``make test``."""
QUICK = 8
"""The same in the profile ``quick``, that of ``make quick``."""
FEWEST = 16


def scaled(full: int) -> int:
    """Return the number of drawings of a test that tries ``full`` of them in the profile ``full``.

    Other profiles try fewer in proportion, but ``FEWEST`` at least, or as many as they try of a property.
    """
    profile = settings().max_examples
    return min(full, max(full * profile // FULL, min(profile, FEWEST)))
