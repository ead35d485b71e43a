"""Networks and names that plots are tested on."""

from __future__ import annotations

from typing import Any

import networkx as nx
import numpy as np

import graphnet as gn

ODD_NAMES = ["שלום עולם", "مرحبا", "😀 grin", "x" * 200, r"$\frac{1}$ $x", "_under", "new\nline", "漢字"]
"""Right to left, without a glyph in the font, long, of mathematics, hidden from legends, and with a line break."""


def oddly_named() -> gn.Network:
    """Return a network of neurons with odd names that feed themselves."""
    graph = nx.DiGraph([("in", name) for name in ODD_NAMES] + [(name, name) for name in ODD_NAMES])
    graph.nodes["in"]["role"] = "input"
    for name in ODD_NAMES:
        graph.nodes[name]["role"] = "output"
    return gn.compile(graph, seed=0)


def alone() -> gn.Network:
    """Return a network of one neuron without synapses."""
    graph = nx.DiGraph()
    graph.add_node("only", role="output", bias=0.5)
    return gn.compile(graph, seed=0)


def exploding() -> gn.Network:
    """Return a network whose neuron "a" soon is infinite, and "b" no number."""
    graph = nx.DiGraph([("in", "a", {"weight": 1.0}), ("a", "a", {"weight": 1e30}), ("a", "b", {"weight": 1.0})])
    graph.nodes["in"]["role"] = "input"
    graph.nodes["a"]["activation"] = "identity"
    graph.add_node("b", role="output", activation="sin")
    return gn.compile(graph, seed=0)


def waves(n_samples: int, n_steps: int, n_inputs: int) -> np.ndarray:
    """Return inputs that are sums of sines, (n_samples, n_steps, n_inputs)."""
    steps = np.arange(n_steps)[:, None]
    phases = np.arange(n_samples * n_inputs).reshape(n_samples, 1, n_inputs)
    return np.sin(steps / 3 + phases) + 0.5 * np.sin(steps / 1.3 + 2 * phases)


def texts_of(ax: Any) -> str:
    """Return all texts of a figure, drawn or not, as lines."""
    from matplotlib.text import Text

    return "\n".join(text.get_text() for text in ax.get_figure().findobj(Text))
