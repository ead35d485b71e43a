"""Versions of the packages that results depend on to the bit, and the check that workers have the same."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from platform import node

from .._version import __version__
from ..errors import DataError


@cache
def versions() -> Mapping[str, str]:
    """Return {package: version} of this process."""
    found = {"graphnet": __version__}
    for name in ("numpy", "scipy", "numba"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # a frozen program may have no metadata
            found[name] = "unknown"
    return found


def check_versions(theirs: Mapping[str, str], caller: str) -> None:
    """Raise a DataError in a worker whose versions are not those of the process that sent a task."""
    own = versions()
    other = [f"{name} {own.get(name)} instead of {theirs[name]}" for name in theirs if own.get(name) != theirs[name]]
    if other:
        raise DataError(
            f"{caller}: executor: a worker on {node()} has {', '.join(other)}; results would differ: install the same"
        )
