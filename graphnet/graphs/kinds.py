"""Kinds of drawings by name: those that draw a network for numbers of inputs and outputs."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from .. import graphs

FROM_DATA = ("n_inputs", "n_outputs")


def kinds() -> dict[str, Callable[..., Any]]:
    """Return the functions of ``gn.graphs`` that draw a network for numbers of inputs and outputs, by name.

    >>> sorted(kinds())[:4]
    ['attention', 'complete', 'continuous_time', 'convolution']
    """
    functions = {name: getattr(graphs, name) for name in graphs.__all__ if name not in graphs._FROM_TORCH}
    return {name: each for name, each in functions.items() if set(FROM_DATA) <= set(parameters_of(each))}


def parameters_of(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a function by name."""
    return inspect.signature(function).parameters
