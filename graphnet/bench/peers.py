"""Peers of a benchmark: what each of them does, and the folder that they are found in.

The peers themselves are ``benchmarks/peers`` in the source of graphnet, and are not installed with it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol

from ..execute.contract import Estimate
from ..language.arrays import Array

FOLDER = Path(__file__).parents[2] / "benchmarks" / "peers"
"""The folder of the peers, where graphnet is installed from a checkout with ``pip install -e .``"""
MODULE = "benchmarks.peers"
"""The name that it is imported by, from here and from elsewhere."""


class Peer(Protocol):
    """The computation of a network on one batch by another library.

    ``keeps_memory`` is True if the library keeps memory that it has freed, so that a second call shows no growth.
    """

    keeps_memory: bool

    def run(self) -> None:
        """Compute the outputs."""
        ...

    def value_and_grad(self) -> tuple[float, Array]:
        """Return the loss, mse, and its gradient for every parameter."""
        ...

    def estimate(self) -> Estimate | None:
        """Return the bytes that the two take beside their arguments, if that is known in advance."""
        ...


@dataclass(frozen=True)
class PeerBatch:
    """Inputs and targets (n_samples, n_steps, n), and the reason why peers cannot compute them, or None."""

    inputs: Array
    targets: Array
    unfit: str | None


class LeftOutError(Exception):
    """A peer cannot take part; the message is the reason."""


def load_peers() -> Any:
    """Return the package of the peers; raise an ImportError that says how to get it where it is missing."""
    if MODULE in sys.modules:
        return sys.modules[MODULE]
    if not FOLDER.is_dir():
        raise ImportError(
            "the peers are the folder benchmarks/peers of graphnet's source, which is not installed with graphnet: "
            "get the source and install it with pip install -e .",
            name=MODULE,
        )
    spec = spec_from_file_location(MODULE, FOLDER / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    package = sys.modules[MODULE] = module_from_spec(spec)
    try:
        spec.loader.exec_module(package)
    except BaseException:
        del sys.modules[MODULE]
        raise
    return package


def peer_names() -> tuple[str, ...]:
    """Return the names of the peers that ``time_network`` can measure.

    Raises
    ------
    ImportError
        Where graphnet is not installed from a checkout of its source.
    """
    return tuple(load_peers().PEERS)
