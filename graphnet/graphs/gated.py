"""Gated networks, drawn neuron by neuron: LSTM, GRU and the minimal gated unit.

The kinds of neuron of one layer get fractional values of the attribute ``layer`` (its number plus 0, 1/4, 1/2 or 3/4),
so that every delay is the default one: no step forward within the layer, one step from its outputs back into it.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Any, NamedTuple

import networkx as nx
import numpy as np

from ..language.arrays import Array
from ..language.keywords import suggests_keywords
from .feedforward import NodeNames, add_inputs, add_readout, check_size, connect_all


class InitialParameters(NamedTuple):
    """Initial parameters of the neurons of one kind in one layer; None leaves weights open and biases 0.

    ``w_in`` (n_hidden, n_sources) are the weights from the layer below, ``w`` (n_hidden, n_hidden) those from the last
    step of the layer itself, and ``bias`` is (n_hidden,).
    """

    w_in: Array | None = None
    w: Array | None = None
    bias: Array | None = None
    train_bias: bool = True


class _Kind(NamedTuple):
    """Properties of one kind of neuron: offset of its ``layer``, activation, fixed bias (None: learnt)."""

    rank: float
    activation: str
    fixed_bias: float | None = None


_LSTM = {
    "input_gate": _Kind(0, "sigmoid"),
    "forget": _Kind(0, "sigmoid"),
    "candidate": _Kind(0, "tanh"),
    "cell": _Kind(0.25, "identity", 0.0),
    "output_gate": _Kind(0.5, "sigmoid"),
    "squashed": _Kind(0.5, "tanh", 0.0),
    "hidden": _Kind(0.75, "identity", 0.0),
}
_COUPLED = {**_LSTM, "input_gate": _Kind(0.125, "identity", 1.0)}
_GRU = {
    "reset": _Kind(0, "sigmoid"),
    "update": _Kind(0, "sigmoid"),
    "recall": _Kind(0, "identity"),
    "new": _Kind(0.5, "tanh"),
    "hidden": _Kind(0.75, "identity", 0.0),
}
_MINIMAL = {
    "forget": _Kind(0, "sigmoid"),
    "recall": _Kind(0.25, "identity", 0.0),
    "new": _Kind(0.5, "tanh"),
    "hidden": _Kind(0.75, "identity", 0.0),
}


@suggests_keywords
def lstm(
    n_inputs: int,
    n_hidden: int,
    n_outputs: int,
    *,
    n_layers: int = 1,
    peepholes: bool = False,
    coupled: bool = False,
    seed: int | None = None,
) -> nx.DiGraph:
    """Draw a long short-term memory (LSTM) network.

    Each cell feeds itself by a fixed synapse of weight 1 that is gated by its forget gate: direct feedback, which keeps
    a value while the gate is open.  The hidden neurons feed all gates and candidates of their layer, which come earlier
    in it: indirect feedback.  With i, f and o the input, forget and output gates (sigmoid) and g the candidate (tanh),
    each of them a function of W x(t) + U h(t-1) + b,

        c(t) = f(t) c(t-1) + i(t) g(t),     h(t) = o(t) tanh(c(t))

    This is torch's ``nn.LSTM`` with a linear readout.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int
        Number of hidden neurons of each layer, and of cells and gates of each kind.
    n_outputs : int
        Number of output nodes.
    n_layers : int
        Number of layers; each is fed by the hidden neurons of the layer before it.
    peepholes : bool
        If True, each cell feeds its own gates: c(t-1) the input and forget gates, c(t) the output gate.
    coupled : bool
        If True, the input gate is 1 - f(t), a fixed neuron, and not learnt.
    seed : int, optional
        Seed to draw the matrices U orthogonal, one for each gate; None leaves them open like all other weights.

    Returns
    -------
    networkx.DiGraph
        Its nodes are ``("input", i)``, ``("input_gate", i)``, ``("forget", i)``, ``("candidate", i)``, ``("cell", i)``,
        ``("output_gate", i)``, ``("squashed", i)`` (tanh of the cell), ``("hidden", i)`` and ``("output", i)``; with
        several layers ``("forget", layer, i)`` and so on, with layers counted from 1.  Forget biases start at 1, so
        that an untrained cell keeps its value.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), or the seed not one >= 0.

    References
    ----------
    Hochreiter, S. & Schmidhuber, J. (1997). Long short-term memory. Neural Computation 9(8).
    Gers, F. A. & Schmidhuber, J. (2000). Recurrent nets that time and count. IJCNN: peepholes.
    Jozefowicz, R. et al. (2015). An empirical exploration of recurrent network architectures. ICML: the forget bias.
    Greff, K. et al. (2017). LSTM: a search space odyssey. IEEE TNNLS 28(10): the coupled gate.
    Saxe, A. et al. (2014). Exact solutions to the nonlinear dynamics of learning. ICLR: orthogonal matrices.

    Examples
    --------
    >>> graph = lstm(2, 3, 1)
    >>> graph.edges[("cell", 0), ("cell", 0)]
    {'weight': 1.0, 'trainable': False, 'gate': ('forget', 0)}
    >>> import graphnet as gn
    >>> gn.compile(graph, seed=0).run([[[0.0, 1.0]]]).shape
    (1, 1, 1)
    """

    def add(graph: nx.DiGraph, sources: NodeNames, layer: int, place: tuple[Hashable, ...], draw: _Draw) -> NodeNames:
        numbers = {kind: InitialParameters(w=draw()) for kind in ("input_gate", "forget", "candidate", "output_gate")}
        numbers["forget"] = numbers["forget"]._replace(bias=np.ones(n_hidden))
        return add_lstm(
            graph, sources, n_hidden, layer=layer, place=place, numbers=numbers, peepholes=peepholes, coupled=coupled
        )

    return _draw_network(nx.DiGraph(), add, n_inputs, n_hidden, n_outputs, n_layers, seed)


@suggests_keywords
def gru(n_inputs: int, n_hidden: int, n_outputs: int, *, n_layers: int = 1, seed: int | None = None) -> nx.MultiDiGraph:
    """Draw a network of gated recurrent units (GRU).

    Each hidden neuron feeds itself by a fixed synapse of weight 1 that is gated by its update gate: direct feedback.
    The hidden neurons also feed the gates and the recall neurons of their layer, which come earlier in it: indirect
    feedback.  With r and z the reset and update gates, sigmoids of W x(t) + U h(t-1) + b, and a the recall neuron,

        a(t) = U_n h(t-1) + c,     n(t) = tanh(W_n x(t) + b_n + r(t) a(t)),     h(t) = n(t) - z(t) n(t) + z(t) h(t-1)

    This is torch's ``nn.GRU`` with a linear readout.  In the first version of Cho et al. the reset gate acted before
    U_n.

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int
        Number of hidden neurons of each layer, and of gates of each kind.
    n_outputs : int
        Number of output nodes.
    n_layers : int
        Number of layers; each is fed by the hidden neurons of the layer before it.
    seed : int, optional
        Seed to draw the matrices U orthogonal, one for each gate; None leaves them open like all other weights.

    Returns
    -------
    networkx.MultiDiGraph
        A multigraph, since each new neuron has two synapses to its hidden neuron: a plain one (key 0), and one of
        weight -1 gated by the update gate (key 1).  Its nodes are ``("input", i)``, ``("reset", i)``, ``("update",
        i)``, ``("recall", i)``, ``("new", i)``, ``("hidden", i)`` and ``("output", i)``; with several layers
        ``("reset", layer, i)`` and so on, with layers counted from 1.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), or the seed not one >= 0.

    References
    ----------
    Cho, K. et al. (2014). Learning phrase representations using RNN encoder-decoder for statistical machine
    translation. EMNLP.

    Examples
    --------
    >>> graph = gru(2, 3, 1)
    >>> graph.edges[("new", 0), ("hidden", 0), 1]
    {'weight': -1.0, 'trainable': False, 'gate': ('update', 0)}
    """

    def add(graph: nx.DiGraph, sources: NodeNames, layer: int, place: tuple[Hashable, ...], draw: _Draw) -> NodeNames:
        numbers = {
            "new": InitialParameters(),
            **{kind: InitialParameters(w=draw()) for kind in ("reset", "update", "recall")},
        }
        return add_gru(graph, sources, n_hidden, layer=layer, place=place, numbers=numbers)

    return _draw_network(nx.MultiDiGraph(), add, n_inputs, n_hidden, n_outputs, n_layers, seed)


@suggests_keywords
def minimal_gated(
    n_inputs: int, n_hidden: int, n_outputs: int, *, n_layers: int = 1, seed: int | None = None
) -> nx.DiGraph:
    """Draw a network of minimal gated units, whose one gate controls both forgetting and writing.

    Each hidden neuron feeds itself by a fixed synapse of weight 1, direct feedback, from which the recall neuron
    subtracts what the gate forgets.  The hidden neurons also feed the forget gates and the recall neurons of their
    layer, which come earlier in it: indirect feedback.  With f the forget gate, the sigmoid of W x(t) + U h(t-1) + b,
    and a the recall neuron, one for each hidden neuron,

        a(t) = f(t) h(t-1),     n(t) = tanh(W_n x(t) + U_n a(t) + b_n),     h(t) = h(t-1) - a(t) + f(t) n(t)

    Parameters
    ----------
    n_inputs : int
        Number of input nodes.
    n_hidden : int
        Number of hidden neurons of each layer, and of gates.
    n_outputs : int
        Number of output nodes.
    n_layers : int
        Number of layers; each is fed by the hidden neurons of the layer before it.
    seed : int, optional
        Seed to draw the matrices U orthogonal; None leaves them open like all other weights.

    Returns
    -------
    networkx.DiGraph
        Its nodes are ``("input", i)``, ``("forget", i)``, ``("recall", i)``, ``("new", i)``, ``("hidden", i)`` and
        ``("output", i)``; with several layers ``("forget", layer, i)`` and so on, with layers counted from 1.

    Raises
    ------
    GraphError
        If a size is not a whole number >= 1 (>= 0 for inputs), or the seed not one >= 0.

    References
    ----------
    Zhou, G.-B. et al. (2016). Minimal gated unit for recurrent neural networks. International Journal of Automation
    and Computing 13(3).

    Examples
    --------
    >>> graph = minimal_gated(2, 3, 1)
    >>> sorted(source for source, _ in graph.in_edges(("hidden", 0)))
    [('hidden', 0), ('new', 0), ('recall', 0)]
    """

    def add(graph: nx.DiGraph, sources: NodeNames, layer: int, place: tuple[Hashable, ...], draw: _Draw) -> NodeNames:
        numbers = {kind: InitialParameters(w=draw()) for kind in ("forget", "new")}
        return add_minimal_gated(graph, sources, n_hidden, layer=layer, place=place, numbers=numbers)

    return _draw_network(nx.DiGraph(), add, n_inputs, n_hidden, n_outputs, n_layers, seed)


def add_lstm(
    graph: nx.DiGraph,
    sources: Sequence[Hashable],
    n_hidden: int,
    *,
    layer: float,
    place: tuple[Hashable, ...] = (),
    reverse: bool = False,
    numbers: Mapping[str, InitialParameters],
    peepholes: bool = False,
    coupled: bool = False,
) -> NodeNames:
    """Add one layer of an LSTM to a drawing and return its hidden neurons; nodes are named ``(kind, *place, i)``."""
    kinds = _COUPLED if coupled else _LSTM
    nodes = _add_neurons(graph, kinds, n_hidden, layer, place, reverse, numbers)
    for kind, (_, _, fixed_bias) in kinds.items():
        if fixed_bias is None:
            connect(graph, sources, nodes[kind], numbers[kind].w_in)
            connect(graph, nodes["hidden"], nodes[kind], numbers[kind].w)
    if coupled:
        connect_fixed(graph, nodes["forget"], nodes["input_gate"], -1.0)
    if peepholes:
        for gate in ("forget", "output_gate") if coupled else ("input_gate", "forget", "output_gate"):
            graph.add_edges_from(zip(nodes["cell"], nodes[gate], strict=True))
    connect_fixed(graph, nodes["candidate"], nodes["cell"], gates=nodes["input_gate"])
    connect_fixed(graph, nodes["cell"], nodes["cell"], gates=nodes["forget"])
    connect_fixed(graph, nodes["cell"], nodes["squashed"])
    connect_fixed(graph, nodes["squashed"], nodes["hidden"], gates=nodes["output_gate"])
    return nodes["hidden"]


def add_gru(
    graph: nx.MultiDiGraph,
    sources: Sequence[Hashable],
    n_hidden: int,
    *,
    layer: float,
    place: tuple[Hashable, ...] = (),
    reverse: bool = False,
    numbers: Mapping[str, InitialParameters],
) -> NodeNames:
    """Add one layer of a GRU to a drawing and return its hidden neurons; nodes are named ``(kind, *place, i)``."""
    nodes = _add_neurons(graph, _GRU, n_hidden, layer, place, reverse, numbers)
    for kind in ("reset", "update", "new"):
        connect(graph, sources, nodes[kind], numbers[kind].w_in)
    for kind in ("reset", "update", "recall"):
        connect(graph, nodes["hidden"], nodes[kind], numbers[kind].w)
    connect_fixed(graph, nodes["recall"], nodes["new"], gates=nodes["reset"])
    connect_fixed(graph, nodes["new"], nodes["hidden"])
    connect_fixed(graph, nodes["new"], nodes["hidden"], -1.0, gates=nodes["update"])
    connect_fixed(graph, nodes["hidden"], nodes["hidden"], gates=nodes["update"])
    return nodes["hidden"]


def add_minimal_gated(
    graph: nx.DiGraph,
    sources: Sequence[Hashable],
    n_hidden: int,
    *,
    layer: float,
    place: tuple[Hashable, ...] = (),
    reverse: bool = False,
    numbers: Mapping[str, InitialParameters],
) -> NodeNames:
    """Add one layer of minimal gated units and return its hidden neurons; nodes are named ``(kind, *place, i)``."""
    nodes = _add_neurons(graph, _MINIMAL, n_hidden, layer, place, reverse, numbers)
    for kind, past in (("forget", "hidden"), ("new", "recall")):
        connect(graph, sources, nodes[kind], numbers[kind].w_in)
        connect(graph, nodes[past], nodes[kind], numbers[kind].w)
    connect_fixed(graph, nodes["hidden"], nodes["recall"], gates=nodes["forget"])
    connect_fixed(graph, nodes["hidden"], nodes["hidden"])
    connect_fixed(graph, nodes["recall"], nodes["hidden"], -1.0)
    connect_fixed(graph, nodes["new"], nodes["hidden"], gates=nodes["forget"])
    return nodes["hidden"]


def connect(
    graph: nx.DiGraph, sources: Sequence[Hashable], targets: Sequence[Hashable], weights: Array | None = None
) -> None:
    """Add a synapse from each source to each target, with ``weights[target, source]`` or open."""
    if weights is None:
        connect_all(graph, sources, targets)
        return
    graph.add_edges_from(
        (source, target, {"weight": weight})
        for source, column in zip(sources, np.transpose(weights).tolist(), strict=True)
        for target, weight in zip(targets, column, strict=True)
    )


def connect_fixed(
    graph: nx.DiGraph,
    sources: Sequence[Hashable],
    targets: Sequence[Hashable],
    weight: float = 1.0,
    gates: Sequence[Hashable] | None = None,
) -> None:
    """Add a fixed synapse from each source to the target at the same position, gated by the gate at that position."""
    said: list[dict[str, Any]] = [{} for _ in targets] if gates is None else [{"gate": gate} for gate in gates]
    graph.add_edges_from(zip(sources, targets, said, strict=True), weight=weight, trainable=False)


_Draw = Callable[[], Array | None]


def _draw_network(
    graph: nx.DiGraph,
    add: Callable[[nx.DiGraph, NodeNames, int, tuple[Hashable, ...], _Draw], NodeNames],
    n_inputs: int,
    n_hidden: int,
    n_outputs: int,
    n_layers: int,
    seed: int | None,
) -> nx.DiGraph:
    """Draw inputs, the layers that ``add`` adds, and a readout; ``add`` gets a function that draws a matrix U."""
    for name, value, least in [
        ("n_inputs", n_inputs, 0),
        ("n_hidden", n_hidden, 1),
        ("n_outputs", n_outputs, 1),
        ("n_layers", n_layers, 1),
        ("seed", 0 if seed is None else seed, 0),
    ]:
        check_size(name, value, least)
    rng = None if seed is None else np.random.default_rng(seed)
    sources = add_inputs(graph, n_inputs)
    for layer in range(1, n_layers + 1):
        sources = add(graph, sources, layer, (layer,) if n_layers > 1 else (), lambda: _orthogonal(rng, n_hidden))
    add_readout(graph, sources, n_outputs)
    return graph


def _orthogonal(rng: np.random.Generator | None, n: int) -> Array | None:
    """Return a random orthogonal matrix, uniformly distributed; None without a generator."""
    if rng is None:
        return None
    q, r = np.linalg.qr(rng.standard_normal((n, n)))
    # without these signs the distribution would depend on the sign convention of qr
    return np.asarray(q * np.sign(np.diag(r)))


def _add_neurons(
    graph: nx.DiGraph,
    kinds: Mapping[str, _Kind],
    n_hidden: int,
    layer: float,
    place: tuple[Hashable, ...],
    reverse: bool,
    numbers: Mapping[str, InitialParameters],
) -> dict[str, NodeNames]:
    """Add ``n_hidden`` neurons of each kind, in the order of the table, and return their names by kind."""
    found: dict[str, NodeNames] = {}
    for kind, (rank, activation, fixed_bias) in kinds.items():
        nodes = found[kind] = [(kind, *place, i) for i in range(n_hidden)]
        said: dict[str, Any] = {"layer": layer + rank, "activation": activation}
        if reverse:
            said["reverse"] = True
        start = numbers[kind] if fixed_bias is None else InitialParameters(train_bias=False)
        if not start.train_bias:
            said["train_bias"] = False
        if fixed_bias:
            said["bias"] = fixed_bias
        graph.add_nodes_from(nodes, **said)
        if start.bias is not None:
            for node, bias in zip(nodes, start.bias.tolist(), strict=True):
                graph.nodes[node]["bias"] = bias
    return found
