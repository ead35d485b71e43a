"""Functions that draw networks as networkx graphs.

A drawing may be used as it is, or changed before ``graphnet.compile``: nodes and edges can be added, edited or removed.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from .attention import attention, sinusoidal_positions, transformer
from .compose import bidirectional, stack
from .convolution import convolution, spatial_convolution
from .feedforward import feedforward
from .gated import gru, lstm, minimal_gated
from .joined import with_inputs, with_readout
from .matrix import from_matrix
from .recurrent import complete, direct, elman, indirect, jordan, lateral
from .reservoir import continuous_time, delay_line, echo_state, random_graph, scale_free, small_world
from .rewire import rewired
from .standardized import standardized
from .tables import from_tables
from .train_only import train_only
from .without import without

if _TYPE_CHECKING:
    from ..torch.from_torch import from_torch
    from ..torch.to_torch import to_torch

# loaded on first use: graphnet.torch imports this package
_FROM_TORCH = {"from_torch": "..torch.from_torch", "to_torch": "..torch.to_torch"}

__all__ = [
    "attention",
    "bidirectional",
    "complete",
    "continuous_time",
    "convolution",
    "delay_line",
    "direct",
    "echo_state",
    "elman",
    "feedforward",
    "from_matrix",
    "from_tables",
    "from_torch",
    "gru",
    "indirect",
    "jordan",
    "lateral",
    "lstm",
    "minimal_gated",
    "random_graph",
    "rewired",
    "scale_free",
    "sinusoidal_positions",
    "small_world",
    "spatial_convolution",
    "stack",
    "standardized",
    "to_torch",
    "train_only",
    "transformer",
    "with_inputs",
    "with_readout",
    "without",
]


def __getattr__(name: str) -> _Any:
    if name not in _FROM_TORCH:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_import_module(_FROM_TORCH[name], __name__), name)
