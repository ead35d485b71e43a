"""Hypothesis strategies for small random drawings, and for sequences to run them on.

Examples are valid by construction, without filtering.  Zero-delay cycles cannot occur, because every drawing has a
hidden order of its nodes, and only a synapse or gate that runs forward in this order may have delay 0.

>>> from hypothesis import Phase, find, settings
>>> quick = settings(phases=[Phase.generate, Phase.shrink], database=None)
>>> graph = find(neuron_graphs(), lambda graph: graph.number_of_edges() > 0, settings=quick)
>>> graph.nodes(data=True)
NodeDataView({'a': {'role': 'input'}, 'b': {'role': 'output'}})
>>> graph.edges(data=True)
OutEdgeDataView([('a', 'b', {'weight': 1.0})])

The phase ``explain`` of hypothesis, which follows shrinking, tries a thousand more drawings; without it, as here,
failures are reported some seconds sooner.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass
from enum import Enum, IntEnum, StrEnum
from fractions import Fraction
from functools import cache
from typing import Any, NamedTuple, TypeAlias, TypeVar

import networkx as nx
import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from ..language.activations import ACTIVATIONS, OVER_GROUPS, POINTWISE
from ..language.ties import SHARED_BY_NODES

Graph: TypeAlias = "nx.DiGraph[Any]"
Attributes: TypeAlias = dict[str, Any]
T = TypeVar("T")

KINKED = frozenset({name for name in POINTWISE if ACTIVATIONS[name].kinks} | {"elu"})
"""Activations whose first or second derivative jumps."""

UNBOUNDED = frozenset({"identity", "relu", "leaky_relu", "elu", "softplus", "gelu"})
"""Activations without bound: weights out of their neurons are drawn smaller, so that recurrent values stay small."""


class _Cell(IntEnum):
    TWO = 2


class _Part(StrEnum):
    AXON = "axon"


class _Kind(Enum):
    SOMA = "soma"


class _Place(NamedTuple):
    column: float
    row: bool


@dataclass(frozen=True)
class _Neuron:
    kind: _Kind
    number: float


_ODD: tuple[Hashable, ...] = (-0.0, True, 2.0, 0.3, (4.0, False), "5")
"""Names that equal other ones, or look like them."""
_UNFILED: tuple[Hashable, ...] = (
    Fraction(0),
    np.int64(1),
    frozenset({"soma", 2.0}),
    _Neuron(_Kind.SOMA, 3),
    _Cell.TWO,
    _Place(4.0, False),
    _Part.AXON,
    b"5",
)
"""Names that no file holds, or only as the plain ones that they equal."""

_NAMES: dict[str, Callable[[int], Hashable]] = {
    "letters": lambda i: "abcdefghijklmnopqrstuvwxyz"[i] if i < 26 else f"n{i}",
    "numbers": lambda i: i,
    "pairs": lambda i: ("neuron", i),
    "mixed": lambda i: (f"n{i}", i, ("neuron", i))[i % 3],
    "odd": lambda i: _ODD[i] if i < len(_ODD) else i,
    "unfiled": lambda i: _UNFILED[i] if i < len(_UNFILED) else i,
}
_OF_THE_USER = {"time": 0.5, "height": 2, "colour": "red", "cell type": "Kenyon", "position": (0.0, 1.0)}


@st.composite
def neuron_graphs(
    draw: st.DrawFn,
    *,
    max_nodes: int = 6,
    max_edges: int = 12,
    activations: Collection[str] = POINTWISE,
    kinks: bool = True,
    biases: bool = True,
    initial: bool = True,
    layers: bool = True,
    delays: bool = True,
    gates: bool = True,
    scale: bool = True,
    ties: bool = True,
    untrainable: bool = True,
    self_loops: bool = True,
    parallel: bool = True,
    names: bool = True,
    unfiled_names: bool = False,
    user_attributes: bool = True,
    declared: bool = True,
    train_initial: bool = True,
    leak: bool = True,
    tau: bool = True,
    groups: bool = True,
    onset: bool = True,
    reverse: bool = True,
    signs: bool = True,
    node_ties: bool = True,
) -> Graph:
    """Draw small random drawings: usually some inputs, often hidden neurons, at least one output.

    They shrink to one input and one output, then to few edges, few attributes and round numbers.

    Parameters
    ----------
    max_nodes, max_edges : int
        Largest numbers of nodes and edges.
    activations : collection of str
        Pointwise activations to draw from.  A neuron leaves its activation undeclared only if the default is one of
        them.
    kinks : bool
        If True, activations with a kink (``KINKED``) may be drawn.  If ``biases`` is True too, all their neurons have a
        bias, which keeps z away from the kink.
    biases, initial, layers, scale, untrainable, user_attributes, train_initial, leak, onset, signs : bool
        If True, some nodes or edges declare these attributes.
    delays : bool
        If True, some delays are declared, up to 4.  If False, they follow from the layers (and are 1 within a group).
    gates, self_loops : bool
        If True, synapses may be gated, and neurons may feed themselves.
    ties, node_ties : bool
        If True, some synapses share a weight, and some neurons share bias, initial, tau and leak.
    tau : bool
        If True, some neurons are continuous-time.  Time constants are at least 1, valid for any dt up to 1.
    groups : bool
        If True, some neurons form groups of softmax or standardize.
    reverse : bool
        If True, some neurons run in reversed time.
    parallel : bool
        If True, half of the drawings are a MultiDiGraph with parallel synapses, some of them with explicit keys.
    names : bool
        If True, names of nodes may be letters, numbers, tuples or a mixture, or values that equal these, such as
        True and 2.0; otherwise they are letters.
    unfiled_names : bool
        If True, and ``names`` too, names may also be of types that files do not hold, such as Fraction and frozenset.
    declared : bool
        If True, every weight is declared.  If False, some are left open, for the initialiser to draw.

    Returns
    -------
    strategy of networkx.DiGraph or MultiDiGraph

    Examples
    --------
    >>> from hypothesis import given
    >>> @given(neuron_graphs(gates=False))
    ... def test_no_gates(graph):
    ...     assert all(gate is None for *_, gate in graph.edges(data="gate"))
    >>> test_no_gates()
    """
    switches = {
        "biases": biases,
        "initial": initial,
        "layers": layers,
        "delays": delays,
        "gates": gates,
        "scale": scale,
        "ties": ties,
        "untrainable": untrainable,
        "self_loops": self_loops,
        "user_attributes": user_attributes,
        "train_initial": train_initial,
        "leak": leak,
        "tau": tau,
        "groups": groups,
        "onset": onset,
        "reverse": reverse,
        "signs": signs,
        "node_ties": node_ties,
    }
    wanted = frozenset(name for name, on in switches.items() if on)
    allowed = [name for name in activations if kinks or name not in KINKED]
    graph: Graph = nx.MultiDiGraph() if parallel and draw(st.booleans()) else nx.DiGraph()

    first = st.just("output") if max_nodes == 1 else st.sampled_from(["input"] * 8 + [None, "output"])
    roles = [first, st.just("output")][:max_nodes]
    nodes = [draw(_node_attributes(role, wanted, allowed)) for role in roles]
    others = _node_attributes(st.sampled_from([None, "input", "output"]), wanted, allowed)
    nodes += draw(_some(others, at_most=max_nodes - len(nodes)))
    kinds = [kind for kind in sorted(_NAMES) if unfiled_names or kind != "unfiled"]
    name = _NAMES[draw(st.sampled_from(kinds)) if names else "letters"]
    for i, said in enumerate(nodes):
        graph.add_node(name(i), **said)
    neurons = [said for _, said in graph.nodes(data=True) if said.get("role") != "input"]
    _agree_in_groups(neurons, wanted)
    _agree_in_ties(neurons, SHARED_BY_NODES)

    order = _Order(graph)
    for source, target, said in draw(_some(_synapses(graph, order, wanted), at_most=max_edges)):
        has_key = said.pop("_has_key")
        if graph.is_multigraph():
            graph.add_edge(source, target, f"synapse {graph.number_of_edges()}" if has_key else None, **said)
        elif not graph.has_edge(source, target):
            graph.add_edge(source, target, **said)
    _agree_on_weights(graph)
    if not declared:
        for *_, said in graph.edges(data=True):
            if draw(st.booleans()):
                del said["weight"]
    for _, said in graph.nodes(data=True):
        del said["_place"]
        if said.pop("_stage", 0) % 2:
            said["reverse"] = True
    return graph


@dataclass(frozen=True, eq=False)
class Sequences:
    """A batch: ``inputs`` (n_samples, n_steps, n_inputs), and ``lengths`` (n_samples,) or None if all are equal."""

    inputs: npt.NDArray[np.float64]
    lengths: npt.NDArray[np.int64] | None


@st.composite
def sequences(
    draw: st.DrawFn,
    graph: Graph,
    *,
    max_samples: int = 3,
    max_steps: int = 6,
    ragged: bool = True,
    padding: str = "nan",
) -> Sequences:
    """Draw batches of sequences for the inputs of a drawing, with values between -1.5 and 1.5.

    Parameters
    ----------
    graph : networkx.DiGraph or MultiDiGraph
    max_samples, max_steps : int
        Largest numbers of samples and steps.
    ragged : bool
        If True, sequences may differ in length.
    padding : "nan" or "zero"
        Value of the steps after a sequence's end.

    Returns
    -------
    strategy of Sequences

    Examples
    --------
    >>> from hypothesis import Phase, find, settings
    >>> quick = settings(phases=[Phase.generate, Phase.shrink], database=None)
    >>> graph = nx.DiGraph()
    >>> graph.add_node("x", role="input")
    >>> find(sequences(graph), lambda batch: np.isnan(batch.inputs).any(), settings=quick)
    Sequences(inputs=array([[[ 0.],
            [nan]]]), lengths=array([1]))
    """
    n_inputs = sum(role == "input" for _, role in graph.nodes(data="role"))
    step = st.tuples(*[_numbers(simplest=0.0)] * n_inputs)
    each = st.integers(1, max_steps).flatmap(lambda n_steps: st.lists(step, min_size=n_steps, max_size=n_steps))
    samples = draw(st.lists(each, min_size=1, max_size=max_samples))
    lengths = np.array([len(sample) for sample in samples], dtype=np.int64)
    if not (ragged and draw(st.booleans())):
        whole = [sample[: lengths.min()] for sample in samples]
        return Sequences(np.array(whole, dtype=np.float64).reshape(len(samples), lengths.min(), n_inputs), None)
    n_steps = min(max_steps, lengths.max() + draw(st.integers(0, 1)))
    inputs = np.full((len(samples), n_steps, n_inputs), {"nan": math.nan, "zero": 0.0}[padding])
    for sample, values in enumerate(samples):
        inputs[sample, : len(values)] = values
    return Sequences(inputs, lengths)


@cache
def _numbers(*, simplest: float, largest: float = 1.5) -> st.SearchStrategy[float]:
    """Draw hundredths between -largest and largest, which shrink to ``simplest``."""
    shift, bound = round(100 * simplest), round(100 * largest)
    return st.integers(-bound - shift, bound - shift).map(lambda hundredths: (hundredths + shift) / 100)


def _some(strategy: st.SearchStrategy[T | None], *, at_most: int) -> st.SearchStrategy[list[T]]:
    """Draw lists, rarely short ones.

    Each element is followed by a number that says if it is kept, so that shrinking can drop an element without shifting
    the choices after it.
    """
    elements = st.tuples(strategy, st.integers(0, 7))
    lists = st.lists(elements, min_size=at_most // 3, max_size=at_most)
    return lists.map(lambda drawn: [element for element, kept in drawn if kept and element is not None])


def _say(
    draw: st.DrawFn, said: Attributes, name: str, values: st.SearchStrategy[Any] | Sequence[Any], *, one_in: int
) -> None:
    """Declare an attribute, with probability 1 / one_in; examples shrink to no declaration."""
    if isinstance(values, st.SearchStrategy):
        if draw(_one_in(one_in)):
            said[name] = draw(values)
    else:
        index = draw(_one_in(one_in, len(values)))
        if index:
            said[name] = values[index - 1]


def _pick(draw: st.DrawFn, nodes: Sequence[Hashable]) -> Hashable:
    """Draw one of the nodes, in a way that leaves other choices unchanged if shrinking drops a node."""
    return nodes[draw(st.integers(0, 59)) % len(nodes)]


@cache
def _one_in(times: int, n_ways: int = 1) -> st.SearchStrategy[int]:
    """Draw one of 1, ..., n_ways with probability 1 / times, otherwise 0."""
    return st.sampled_from([0] * ((times - 1) * n_ways) + list(range(1, n_ways + 1)))


def _say_something_of_the_user(draw: st.DrawFn, said: Attributes) -> None:
    index = draw(_one_in(4, len(_OF_THE_USER)))
    if index:
        name = list(_OF_THE_USER)[index - 1]
        said[name] = _OF_THE_USER[name]


@st.composite
def _node_attributes(
    draw: st.DrawFn, roles: st.SearchStrategy[str | None], wanted: frozenset[str], allowed: list[str]
) -> Attributes:
    """Draw the attributes of a node, not yet consistent with those of others, and its place in the hidden order."""
    role = draw(roles)
    said: Attributes = {} if role is None else {"role": role}
    said["_place"] = draw(st.integers(0, 5))
    if "layers" in wanted:
        _say(draw, said, "layer", [1, 0, 2, -1, 0.5], one_in=3)
    if "signs" in wanted:
        _say(draw, said, "sign", [1, -1, 0], one_in=3)
    if "user_attributes" in wanted:
        _say_something_of_the_user(draw, said)
    if role == "input":
        return said

    default = "identity" if role == "output" else "tanh"
    if default not in allowed or draw(st.booleans()):
        said["activation"] = draw(st.sampled_from(allowed))
    if "biases" in wanted:
        if said.get("activation") in KINKED:
            said["bias"] = round(draw(_numbers(simplest=0.5)) + 0.00317, 5)
        else:
            _say(draw, said, "bias", _numbers(simplest=1.0), one_in=2)
        if "untrainable" in wanted:
            _say(draw, said, "train_bias", [False, True], one_in=4)
    if "initial" in wanted:
        _say(draw, said, "initial", _numbers(simplest=1.0), one_in=2)
    if "train_initial" in wanted:
        _say(draw, said, "train_initial", [True, False], one_in=2)
    if "groups" in wanted:
        _say(draw, said, "group", ["G", "H"], one_in=2)
        if "group" in said:
            said["activation"] = draw(st.sampled_from(OVER_GROUPS))
    if "tau" in wanted and "group" not in said:
        _say(draw, said, "tau", _numbers(simplest=0.0).map(lambda number: 2.5 + number), one_in=3)
    if "tau" in said:
        _say(draw, said, "train_tau", [True, False], one_in=2)
        if "leak" in wanted:
            _say(draw, said, "train_leak", [False], one_in=8)
    else:
        if "leak" in wanted:
            _say(draw, said, "leak", [0.5, 0.25, 0.9, 0.01, 1], one_in=3)
            _say(draw, said, "train_leak", [True, False], one_in=3)
        if "onset" in wanted:
            _say(draw, said, "onset", [1, 2, 3, 4, 0], one_in=3)
    if "node_ties" in wanted:
        # ties hand tau down, which neurons with leak, onset or group may not have
        _say(draw, said, "tie", ["u", "v"] if "tau" in said else ["p", "q"], one_in=2)
    if "reverse" in wanted:
        said["_stage"] = draw(st.sampled_from([0, 0, 1, 1, 2]))
    return said


def _agree_in_groups(neurons: list[Attributes], wanted: frozenset[str]) -> None:
    """Give all members of a group the activation and the direction of time of the first one."""
    first: dict[Hashable, Attributes] = {}
    for i, said in enumerate(neurons):
        if "group" not in said:
            continue
        leader = first.setdefault(said["group"], said)
        said["activation"] = leader["activation"]
        if "reverse" in wanted:
            said["_stage"] = leader["_stage"]
        if said["activation"] == "standardize":
            # if members are nearly equal, the slope is 316, and rounding errors grow by this factor at every step;
            # different biases keep members apart
            said.pop("tie", None)
            if "biases" in wanted:
                said["bias"] = 2.0 * i


def _agree_in_ties(members: list[Attributes], shared: Iterable[str]) -> None:
    """Give all members of a tie that declare an attribute the value of the first one that does."""
    first: dict[tuple[Hashable, str], Any] = {}
    for said in members:
        for name in shared:
            if "tie" in said and name in said:
                said[name] = first.setdefault((said["tie"], name), said[name])


def _agree_on_weights(graph: Graph) -> None:
    """Make weights agree with signs of scale * weight, and tied weights with each other."""
    synapses = [said for *_, said in graph.edges(data=True)]
    asked: list[int] = []
    asked_of_tie: dict[Hashable, int] = {}
    smallest: dict[Hashable, float] = {}
    for source, _, said in graph.edges(data=True):
        of_source, scale = graph.nodes[source].get("sign", 0), said.get("scale", 1.0)
        if of_source * said.get("sign", 0) < 0:
            said["sign"] = 0
        sign = said.get("sign", of_source)
        asks = int(np.sign(sign * scale))
        if "tie" in said:
            if asks * asked_of_tie.get(said["tie"], 0) < 0:
                said["sign"] = asks = 0
            asked_of_tie[said["tie"]] = asks or asked_of_tie.get(said["tie"], 0)
            smallest[said["tie"]] = min(smallest.get(said["tie"], math.inf), said["weight"], key=abs)
        asked.append(asks)
    for asks, said in zip(asked, synapses, strict=True):
        if "tie" in said:
            asks, said["weight"] = asked_of_tie[said["tie"]], smallest[said["tie"]]
        if asks:
            said["weight"] = asks * abs(said["weight"])
    _agree_in_ties(synapses, ("trainable",))


class _Order:
    """Hidden order of the nodes of a drawing.

    Nodes are ordered by stage, which alternate between forward and reversed time, then by layer, so that default delays
    agree with the order, then at random.  Synapses between stages lead to the later one, so that no cycle has both
    directions of time.  The members of a group share one place.
    """

    def __init__(self, graph: Graph) -> None:
        self.rank: dict[Hashable, float] = {}
        self.stage: dict[Hashable, int] = {}
        vertex: dict[Hashable, Hashable] = {}
        key: dict[Hashable, tuple[float, ...]] = {}
        for i, (node, said) in enumerate(graph.nodes(data=True)):
            role = said.get("role")
            if role == "input":
                self.rank[node] = -math.inf
            else:
                self.rank[node] = said.get("layer", math.inf if role == "output" else 0)
            self.stage[node] = -1 if role == "input" else said.get("_stage", 0)
            vertex[node] = ("group", said["group"]) if "group" in said else ("node", node)
            own = (self.stage[node], self.rank[node], said["_place"], i)
            key[vertex[node]] = min(key.get(vertex[node], own), own)
        self.place = {node: key[vertex[node]] for node in graph}

    def may_feed(self, source: Hashable, target: Hashable) -> bool:
        return self.stage[source] <= self.stage[target]

    def is_forward(self, source: Hashable, target: Hashable) -> bool:
        return self.place[source] < self.place[target]

    def default_delay_fits(self, source: Hashable, target: Hashable) -> bool:
        return self.is_forward(source, target) or not self.rank[source] < self.rank[target]


@st.composite
def _synapses(
    draw: st.DrawFn, graph: Graph, order: _Order, wanted: frozenset[str]
) -> tuple[Hashable, Hashable, Attributes] | None:
    """Draw a synapse; None if its target can have no source."""
    target = _pick(draw, [node for node, role in graph.nodes(data="role") if role != "input"])
    feeders = [node for node in graph if order.may_feed(node, target)]
    sources = [node for node in feeders if node != target or "self_loops" in wanted]
    if not sources:
        return None
    source = _pick(draw, sources)
    said: Attributes = {"weight": draw(_weights(graph, source))}
    _say_delay(draw, said, "delay", source, target, order, wanted)
    if "scale" in wanted:
        _say(draw, said, "scale", [-1, 0.5, 2.0, 0, -0.5], one_in=3)
    if "gates" in wanted:
        # a product of two unbounded values could grow faster than exponentially
        gates = [node for node in feeders if not (_is_unbounded(graph, source) and _is_unbounded(graph, node))]
        if draw(_one_in(3)) and gates:
            said["gate"] = _pick(draw, gates)
            _say_delay(draw, said, "gate_delay", said["gate"], target, order, wanted)
    if "ties" in wanted:
        _say(draw, said, "tie", ["s", "t"], one_in=3)
    if "untrainable" in wanted:
        _say(draw, said, "trainable", [False, True], one_in=4)
    if "signs" in wanted:
        _say(draw, said, "sign", [1, -1, 0], one_in=3)
    if "user_attributes" in wanted:
        _say_something_of_the_user(draw, said)
    said["_has_key"] = draw(_one_in(6))
    return source, target, said


def _say_delay(
    draw: st.DrawFn,
    said: Attributes,
    name: str,
    source: Hashable,
    target: Hashable,
    order: _Order,
    wanted: frozenset[str],
) -> None:
    possible = [1, 2, 3, 4, 0 if order.is_forward(source, target) else 1]
    if not order.default_delay_fits(source, target):
        said[name] = draw(st.sampled_from(possible if "delays" in wanted else [1]))
    elif "delays" in wanted:
        _say(draw, said, name, possible, one_in=2)


def _weights(graph: Graph, source: Hashable) -> st.SearchStrategy[float]:
    return _numbers(simplest=0.5, largest=0.5) if _is_unbounded(graph, source) else _numbers(simplest=1.0)


def _is_unbounded(graph: Graph, node: Hashable) -> bool:
    said = graph.nodes[node]
    role = said.get("role")
    return role != "input" and said.get("activation", "identity" if role == "output" else "tanh") in UNBOUNDED
