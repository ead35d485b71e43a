"""A score of a drawing for ``compare``, which other processes can import."""

from __future__ import annotations

from typing import Any

import graphnet as gn

from .runs import data


def score(graph: Any, seed: int) -> float:
    """Return minus the loss after an epoch."""
    inputs, targets, lengths = data()
    net = gn.compile(graph, seed=seed)
    return -float(gn.fit(net, inputs, targets, lengths=lengths, epochs=1, seed=seed).epochs[-1]["loss"])
