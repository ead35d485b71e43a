"""Drawing of recurrent and linear torch modules, and of the activations between them, for ``from_torch``.

A builder adds one module to a drawing.  Every entry of a weight matrix becomes the weight of one synapse; the two
biases that torch has for a neuron, which act only as their sum, become one.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import networkx as nx
import numpy as np

from ..errors import GraphError
from ..graphs.feedforward import NodeNames
from ..graphs.gated import InitialParameters, add_gru, add_lstm, connect, connect_fixed
from ..language.arrays import Array


class Builder(Protocol):
    """Adds a module that reads ``sources`` to the graph and returns the nodes of its features, in torch's order.

    Its nodes have layers from ``layer`` on and ``name`` in their names; attention sees ``window`` steps.
    """

    def __call__(
        self,
        module: Any,
        graph: nx.MultiDiGraph,
        sources: Sequence[Hashable],
        *,
        layer: int,
        name: str,
        window: int | None,
    ) -> NodeNames:
        """Build."""
        ...


def numbers_of(parameter: Any) -> Array:
    """Return the values of a torch parameter, float64."""
    # in double precision first: NumPy has no bfloat16
    return np.array(parameter.detach().double().cpu().numpy(), np.float64)


def build_linear(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.Linear``: one identity neuron for each feature."""
    weight = numbers_of(module.weight)
    nodes: NodeNames = [(name, i) for i in range(len(weight))]
    graph.add_nodes_from(nodes, layer=layer, activation="identity")
    add_biases(graph, nodes, module.bias)
    connect(graph, sources, nodes, weight)
    return nodes


def build_identity(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.Identity``, and ``nn.Dropout`` that drops nothing: no neurons."""
    if getattr(module, "p", 0) and module.training:
        raise GraphError(f"{name}: dropout p={module.p} is random and not drawn: call .eval() first, or set p=0")
    return list(sources)


def build_activation(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.Tanh``, ``nn.ReLU``, ``nn.Sigmoid``: the activation of the neurons before it, or of additional neurons.

    The neurons before it take it if they are linear and nothing else reads them.
    """
    activation = type(module).__name__.lower()
    gates = {gate for _, _, gate in graph.edges(data="gate")}
    plain = {"activation", "layer", "bias", "train_bias"}
    if all(
        graph.nodes[node].get("activation") == "identity"
        and graph.nodes[node].keys() <= plain
        and not graph.out_degree(node)
        and node not in gates
        for node in sources
    ):
        graph.add_nodes_from(sources, activation=activation)
        return list(sources)
    nodes: NodeNames = [(name, i) for i in range(len(sources))]
    graph.add_nodes_from(nodes, layer=layer, activation=activation, train_bias=False)
    connect_fixed(graph, sources, nodes)
    return nodes


def build_rnn(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.RNN``: one hidden layer that feeds itself, for each layer and direction."""
    for part in _parts(module, sources, layer, name):
        nodes: NodeNames = [("hidden", *part.place, i) for i in range(module.hidden_size)]
        said: dict[str, Any] = {"layer": part.layer, "activation": module.nonlinearity}
        if part.reverse:
            said["reverse"] = True
        graph.add_nodes_from(nodes, **said)
        add_biases(graph, nodes, None if part.bias is None else part.bias.sum(axis=0))
        connect(graph, part.sources, nodes, part.w_in)
        connect(graph, nodes, nodes, part.w)
        part.features.extend(nodes)
    return part.features


def build_lstm(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.LSTM``: a layer of ``graphnet.graphs.lstm`` for each layer and direction."""
    if module.proj_size:
        raise GraphError(
            f"{name}: proj_size={module.proj_size} is not drawn: its cells and what feeds back differ in number; use 0"
        )
    gates = ("input_gate", "forget", "candidate", "output_gate")
    for part in _parts(module, sources, layer, name):
        numbers = {gate: part.numbers(i, 4) for i, gate in enumerate(gates)}
        where: dict[str, Any] = {"layer": part.layer, "place": part.place, "reverse": part.reverse}
        part.features.extend(add_lstm(graph, part.sources, module.hidden_size, numbers=numbers, **where))
    return part.features


def build_gru(
    module: Any, graph: nx.MultiDiGraph, sources: Sequence[Hashable], *, layer: int, name: str, window: int | None
) -> NodeNames:
    """``nn.GRU``: a layer of ``graphnet.graphs.gru`` for each layer and direction."""
    for part in _parts(module, sources, layer, name):
        new = part.numbers(2, 3)
        past, there = (None, None) if part.bias is None else np.split(part.bias, 3, axis=1)[2][::-1]
        numbers = {
            "reset": part.numbers(0, 3),
            "update": part.numbers(1, 3),
            # here the two biases do not act as their sum: b_hn is inside the product with the reset gate
            "new": new._replace(w=None, bias=there),
            "recall": new._replace(w_in=None, bias=past),
        }
        where: dict[str, Any] = {"layer": part.layer, "place": part.place, "reverse": part.reverse}
        part.features.extend(add_gru(graph, part.sources, module.hidden_size, numbers=numbers, **where))
    return part.features


BUILDERS: dict[str, Builder] = {
    "Dropout": build_identity,
    "GRU": build_gru,
    "Identity": build_identity,
    "LSTM": build_lstm,
    "Linear": build_linear,
    "RNN": build_rnn,
    "ReLU": build_activation,
    "Sigmoid": build_activation,
    "Tanh": build_activation,
}
"""Builders by the name of a class in torch.nn."""


class _Part(NamedTuple):
    """One layer and direction of a recurrent module.

    ``w_in`` (n, n_sources), ``w`` (n, n_hidden) and ``bias`` (2, n), from below and from the past, with n = n_hidden
    times the number of gates; ``features`` are the layer's, which its directions add to.
    """

    sources: Sequence[Hashable]
    features: NodeNames
    layer: int
    place: tuple[Hashable, ...]
    reverse: bool
    w_in: Array
    w: Array
    bias: Array | None

    def numbers(self, gate: int, n_gates: int) -> InitialParameters:
        """Return the numbers of one of its gates, in the order of torch."""
        bias = None if self.bias is None else np.split(self.bias.sum(axis=0), n_gates)[gate]
        return InitialParameters(
            np.split(self.w_in, n_gates)[gate], np.split(self.w, n_gates)[gate], bias, bias is not None
        )


def _parts(module: Any, sources: Sequence[Hashable], layer: int, name: str) -> Iterator[_Part]:
    """Yield the layers and directions of a recurrent module; each layer reads the features of the one before it."""
    if module.dropout and module.num_layers > 1 and module.training:
        raise GraphError(f"{name}: dropout={module.dropout} is random and not drawn: call .eval() first, or set 0")
    for number in range(module.num_layers):
        features: NodeNames = []
        for reverse in (False, True)[: 2 if module.bidirectional else 1]:
            suffix = f"l{number}" + "_reverse" * reverse
            several = (number + 1,) if module.num_layers > 1 else ()
            biases = [numbers_of(getattr(module, f"bias_{end}_{suffix}")) for end in ("ih", "hh") if module.bias]
            yield _Part(
                sources,
                features,
                layer + number,
                (name, *several, *(("reverse",) if reverse else ())),
                reverse,
                numbers_of(getattr(module, f"weight_ih_{suffix}")),
                numbers_of(getattr(module, f"weight_hh_{suffix}")),
                np.array(biases) if biases else None,
            )
        sources = features


def add_biases(graph: nx.MultiDiGraph, nodes: NodeNames, biases: Any) -> None:
    """Give neurons the biases of an array or a tensor, to be learnt; with None, none."""
    if biases is None:
        graph.add_nodes_from(nodes, train_bias=False)
        return
    numbers = biases if isinstance(biases, np.ndarray) else numbers_of(biases)
    for node, bias in zip(nodes, numbers.tolist(), strict=True):
        graph.nodes[node]["bias"] = bias
        graph.nodes[node].pop("train_bias", None)
