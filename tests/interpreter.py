"""Interpreter of the language in plain Python, for one neuron, one step and one sample at a time.

It shares no code with the library, so that the two can disagree.  Each value is computed recursively from the values
that it depends on.  For neuron i at step t, over its incoming synapses e = (j -> i),

    z_i(t) = b_i + sum_e scale_e * w_e * g_e(t) * y_j(t - delay_e),     g_e(t) = y_gate(t - gate_delay_e), or 1
    y_i(t) = f_i(z_i(t))

Numbers are complex, and every branch is holomorphic, so that Im y(x + ih)/h is an exact derivative.

>>> graph = nx.DiGraph()
>>> graph.add_node("x", role="input")
>>> graph.add_node("y", role="output")
>>> graph.add_edge("x", "y", weight=2.0)
>>> interpret(graph, [[[1.0], [2.0]]]).outputs.tolist()
[[[2.0], [4.0]]]
>>> interpret(nudge(graph, "weight", ("x", "y"), 1e-30j), [[[1.0], [2.0]]]).outputs.imag.tolist()
[[[1e-30], [2e-30]]]
"""

from __future__ import annotations

import cmath
import math
import sys
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import networkx as nx
import numpy as np
from scipy.special import erfc

# --- activations -----------------------------------------------------------------------------------------------------


def identity(z: complex) -> complex:
    return z


def sigmoid(z: complex) -> complex:
    if z.real >= 0:
        return 1 / (1 + cmath.exp(-z))
    return cmath.exp(z) / (1 + cmath.exp(z))


def relu(z: complex) -> complex:
    return z if z.real > 0 else 0j


def leaky_relu(z: complex) -> complex:
    return z if z.real > 0 else 0.01 * z


def elu(z: complex) -> complex:
    if z.real > 0:
        return z
    # exp(z) - 1, without cancellation near 0
    real = math.expm1(z.real) * math.cos(z.imag) - 2 * math.sin(z.imag / 2) ** 2
    return complex(real, math.exp(z.real) * math.sin(z.imag))


def softplus(z: complex) -> complex:
    if z.real >= 0:
        return z + _log_1_plus(cmath.exp(-z))
    return _log_1_plus(cmath.exp(z))


def _log_1_plus(u: complex) -> complex:
    real = math.log1p(u.real * (2 + u.real) + u.imag * u.imag) / 2
    return complex(real, math.atan2(u.imag, 1 + u.real))


def gelu(z: complex) -> complex:
    return z * complex(erfc(-z / math.sqrt(2))) / 2


def gaussian(z: complex) -> complex:
    return cmath.exp(-z * z)


def hard_tanh(z: complex) -> complex:
    if z.real <= -1:
        return -1 + 0j
    return z if z.real < 1 else 1 + 0j


ACTIVATIONS: dict[str, Callable[[complex], complex]] = {
    "identity": identity,
    "tanh": cmath.tanh,
    "sigmoid": sigmoid,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "softplus": softplus,
    "gelu": gelu,
    "sin": cmath.sin,
    "gaussian": gaussian,
    "hard_tanh": hard_tanh,
}


def softmax(z: list[complex]) -> list[complex]:
    largest = max(each.real for each in z)
    powers = [cmath.exp(each - largest) for each in z]
    return [power / sum(powers) for power in powers]


def standardize(z: list[complex]) -> list[complex]:
    mean = sum(z) / len(z)
    variance = sum((each - mean) ** 2 for each in z) / len(z)
    return [(each - mean) / cmath.sqrt(variance + 1e-5) for each in z]


OVER_GROUPS: dict[str, Callable[[list[complex]], list[complex]]] = {"softmax": softmax, "standardize": standardize}

# --- reading a drawing -----------------------------------------------------------------------------------------------


SHARED_BY_NEURONS = ("bias", "initial", "tau", "leak", "train_leak")


@dataclass
class Synapse:
    source: Hashable
    delay: int
    factor: complex  # scale * w
    gate: Hashable | None
    gate_delay: int


@dataclass
class Neuron:
    is_input: bool
    activation: str = "identity"
    bias: complex = 0j
    initial: complex = 0j
    leak: complex = 1 + 0j
    train_leak: bool = False
    tau: complex | None = None
    group: Hashable | None = None
    reverse: bool = False
    onset: int = 0
    synapses: list[Synapse] = field(default_factory=list)


def read(graph: nx.DiGraph) -> dict[Hashable, Neuron]:
    """Return the neurons of a drawing with their incoming synapses, all defaults and delays resolved."""
    said_of_nodes = _with_ties([said for _, said in graph.nodes(data=True)], SHARED_BY_NEURONS)
    said_of_edges = _with_ties([said for _, _, said in graph.edges(data=True)], ("weight",))

    neurons: dict[Hashable, Neuron] = {}
    rank: dict[Hashable, float] = {}
    for node, said in zip(graph.nodes, said_of_nodes, strict=True):
        role = said.get("role")
        if role == "input":
            neurons[node] = Neuron(is_input=True)
            rank[node] = -math.inf
            continue
        tau = said.get("tau")
        neurons[node] = Neuron(
            is_input=False,
            activation=said.get("activation", "identity" if role == "output" else "tanh"),
            bias=complex(said.get("bias", 0.0)),
            initial=complex(said.get("initial", 0.0)),
            leak=complex(said.get("leak", 1.0)),
            train_leak=said.get("train_leak", False),
            tau=None if tau is None else complex(tau),
            group=said.get("group"),
            reverse=said.get("reverse", False),
            onset=said.get("onset", 0),
        )
        rank[node] = said.get("layer", math.inf if role == "output" else 0)

    for (source, target), said in zip(((edge[0], edge[1]) for edge in graph.edges), said_of_edges, strict=True):
        if "weight" not in said:
            raise ValueError(f"no weight on the edge {source!r} -> {target!r}")
        gate = said.get("gate")
        synapse = Synapse(
            source,
            delay=said.get("delay", 0 if rank[source] < rank[target] else 1),
            factor=complex(said.get("scale", 1.0)) * complex(said["weight"]),
            gate=gate,
            gate_delay=0 if gate is None else said.get("gate_delay", 0 if rank[gate] < rank[target] else 1),
        )
        neurons[target].synapses.append(synapse)
    return neurons


def _with_ties(said: list[dict[str, Any]], shared: Iterable[str]) -> list[dict[str, Any]]:
    """Return the attributes of each node or edge with those of its tie added; None counts as not declared."""
    said = [{name: value for name, value in each.items() if value is not None} for each in said]
    handed_down: dict[Hashable, dict[str, Any]] = {}
    for each in said:
        if "tie" in each:
            handed_down.setdefault(each["tie"], {}).update({name: each[name] for name in shared if name in each})
    return [{**handed_down[each["tie"]], **each} if "tie" in each else each for each in said]


# --- signs and sizes of weights --------------------------------------------------------------------------------------


def bounds(graph: nx.DiGraph) -> dict[Hashable, tuple[float, float]]:
    """Return {edge: (lowest, highest)} of w, so that scale * w of each synapse of its tie keeps its sign."""
    found = {}
    for edge in graph.edges:
        lowest, highest = -math.inf, math.inf
        for member in _carriers(graph, edge):
            said = graph.edges[member]
            sign = said["sign"] if "sign" in said else graph.nodes[member[0]].get("sign", 0)
            strength = sign * said.get("scale", 1.0)
            if strength > 0:
                lowest = 0.0
            if strength < 0:
                highest = 0.0
        found[edge] = (lowest, highest)
    return found


def fan(graph: nx.DiGraph, edge: Any, end: int) -> float:
    """Return the fan of an edge's w at its target (``end`` 1) or source (0); of a tie the largest of its synapses.

    fan^2 is the sum, over each w at the node, of (the sum of abs(scale) of the synapses at it that carry w)^2.
    """
    largest = 0.0
    for member in _carriers(graph, edge):
        total = 0.0
        counted: list[Any] = []
        for other in graph.edges:
            if other[end] != member[end] or other in counted:
                continue
            alike = [each for each in _carriers(graph, other) if each[end] == member[end]]
            total += sum(abs(graph.edges[each].get("scale", 1.0)) for each in alike) ** 2
            counted += alike
        largest = max(largest, math.sqrt(total) or 1.0)
    return largest


def _carriers(graph: nx.DiGraph, edge: Any) -> list[Any]:
    """Return the edges that share the w of an edge, itself included."""
    tie = graph.edges[edge].get("tie")
    return [edge] if tie is None else [each for each in graph.edges if graph.edges[each].get("tie") == tie]


# --- running it ------------------------------------------------------------------------------------------------------


class Sequence:
    """Values of one sample, computed on demand.

    ``inputs`` maps each input to its values at the ``n_steps`` steps, ``past`` a node to the values before them, oldest
    first, and ``steps`` is the number of steps before.
    """

    def __init__(
        self,
        neurons: dict[Hashable, Neuron],
        inputs: Mapping[Hashable, list[complex]],
        n_steps: int,
        past: Mapping[Hashable, list[complex]],
        steps: int,
        dt: float,
    ) -> None:
        self.neurons = neurons
        self.inputs = inputs
        self.n_steps = n_steps
        self.past = past
        self.steps = steps
        self.dt = dt
        self.values: dict[tuple[Hashable, int], complex | None] = {}
        self.states: dict[tuple[Hashable, int], complex] = {}
        self.activated: dict[tuple[Hashable, int], complex] = {}

    def value(self, node: Hashable, t: int) -> complex:
        """Return y of a node at step t, which may be before the start or after the end."""
        neuron = self.neurons[node]
        if not 0 <= t < self.n_steps:
            before = self.before(node, t)
            return before if neuron.tau is None else ACTIVATIONS[neuron.activation](before)
        if neuron.is_input:
            return self.inputs[node][t]
        if (node, t) not in self.values:
            self.values[node, t] = None
            self.values[node, t] = self._new_value(node, neuron, t)
        found = self.values[node, t]
        if found is None:
            raise ValueError(f"a zero-delay cycle goes through {node!r}")
        return found

    def _new_value(self, node: Hashable, neuron: Neuron, t: int) -> complex:
        if not self.has_begun(neuron, t):
            return neuron.initial
        if neuron.tau is not None:
            return ACTIVATIONS[neuron.activation](self.state(node, t))
        if neuron.leak == 1 and not neuron.train_leak:
            return self.activation(node, t)
        previous = self.value(node, t + 1 if neuron.reverse else t - 1)
        return (1 - neuron.leak) * previous + neuron.leak * self.activation(node, t)

    def before(self, node: Hashable, t: int) -> complex:
        """Return the value of a node (the state s of a tau neuron) at a step outside the sequence."""
        if node not in self.past:
            return self.neurons[node].initial
        depth = -t
        if not 1 <= depth <= len(self.past[node]):
            raise ValueError(f"the history of {node!r} has {len(self.past[node])} values; step {t} is before it")
        return self.past[node][-depth]

    def has_begun(self, neuron: Neuron, t: int) -> bool:
        own_time = self.n_steps - 1 - t if neuron.reverse else t
        return self.steps + own_time >= neuron.onset

    def state(self, node: Hashable, t: int) -> complex:
        """Return s(t) = s(t-1) + dt/tau (z(t) - s(t-1)) of a tau neuron."""
        neuron = self.neurons[node]
        if not 0 <= t < self.n_steps:
            return self.before(node, t)
        if (node, t) not in self.states:
            previous = self.state(node, t + 1 if neuron.reverse else t - 1)
            self.states[node, t] = previous + self.dt / neuron.tau * (self.drive(neuron, t) - previous)
        return self.states[node, t]

    def activation(self, node: Hashable, t: int) -> complex:
        """Return f(z(t)), over the group if the neuron is in one."""
        neuron = self.neurons[node]
        if neuron.group is None:
            return ACTIVATIONS[neuron.activation](self.drive(neuron, t))
        if (node, t) not in self.activated:
            members = {
                name: member
                for name, member in self.neurons.items()
                if member.group == neuron.group and self.has_begun(member, t)
            }
            drives = [self.drive(member, t) for member in members.values()]
            for name, result in zip(members, OVER_GROUPS[neuron.activation](drives), strict=True):
                self.activated[name, t] = result
        return self.activated[node, t]

    def drive(self, neuron: Neuron, t: int) -> complex:
        """Return z(t)."""
        backwards = -1 if neuron.reverse else 1
        total = neuron.bias
        for synapse in neuron.synapses:
            term = synapse.factor * self.value(synapse.source, t - backwards * synapse.delay)
            if synapse.gate is not None:
                term *= self.value(synapse.gate, t - backwards * synapse.gate_delay)
            total += term
        return total


@dataclass
class Trace:
    """Results of a run: ``outputs`` (n_samples, n_steps, n_outputs) and ``values`` {node: (n_samples, n_steps)}.

    Both are 0 past each sequence's end.
    """

    outputs: np.ndarray
    values: dict[Hashable, np.ndarray]
    sequences: list[Sequence]

    def history(self, node: Hashable, depth: int) -> np.ndarray:
        """Return the last ``depth`` values (states s of a tau neuron) up to each sample's own end, oldest first.

        For shorter sequences they include values before the start.  As ``history`` of ``interpret``, with the number of
        steps as ``steps``, they continue the sequence.
        """
        rows = []
        for sequence in self.sequences:
            ask = sequence.value if sequence.neurons[node].tau is None else sequence.state
            rows.append([ask(node, t) for t in range(sequence.n_steps - depth, sequence.n_steps)])
        return _array(rows, self.outputs.dtype).reshape(len(rows), depth)


def interpret(
    graph: nx.DiGraph,
    inputs: Any,
    *,
    lengths: Any = None,
    history: Mapping[Hashable, Any] | None = None,
    steps: Any = None,
    dt: float = 1.0,
) -> Trace:
    """Run a drawing on ``inputs`` (n_samples, n_steps, n_inputs), columns in the order of its input nodes.

    Every edge, or another edge of its tie, has to declare its weight.  ``history`` {node: (n_samples, depth)} has the
    values before the start, oldest first (states s of a tau neuron), in place of ``initial``; values before it are a
    ValueError.  ``steps`` is the number of steps before the start, for all samples or for each.  Results are complex if
    any argument is.
    """
    inputs = np.asarray(inputs)
    n_samples, n_steps, n_inputs = inputs.shape
    lengths = [n_steps] * n_samples if lengths is None else [int(length) for length in lengths]
    steps = np.broadcast_to(0 if steps is None else steps, n_samples).tolist()
    history = {node: np.asarray(values) for node, values in (history or {}).items()}

    neurons = read(graph)
    if history and any(neuron.reverse for neuron in neurons.values()):
        raise ValueError("reverse neurons need whole sequences, without history")
    input_nodes = [node for node, neuron in neurons.items() if neuron.is_input]
    if len(input_nodes) != n_inputs:
        raise ValueError(f"{n_inputs} columns of inputs for {len(input_nodes)} input nodes")
    output_nodes = [node for node, role in graph.nodes(data="role") if role == "output"]

    said = [value for *_, said in (*graph.nodes(data=True), *graph.edges(data=True)) for value in said.values()]
    is_complex = any(isinstance(value, complex | np.complexfloating) for value in said) or any(
        np.iscomplexobj(array) for array in (inputs, *history.values())
    )
    dtype = np.dtype(np.complex128 if is_complex else np.float64)

    sequences = []
    for sample in range(n_samples):
        sequence = Sequence(
            neurons,
            {node: [complex(x) for x in inputs[sample, :, column]] for column, node in enumerate(input_nodes)},
            lengths[sample],
            {node: [complex(value) for value in values[sample]] for node, values in history.items()},
            steps[sample],
            dt,
        )
        sequences.append(sequence)

    values = {node: np.zeros((n_samples, n_steps), dtype) for node in neurons}
    with _deep_recursion():
        for sample, sequence in enumerate(sequences):
            for node in neurons:
                found = [sequence.value(node, t) for t in range(lengths[sample])]
                values[node][sample, : lengths[sample]] = _array(found, dtype)
    outputs = np.zeros((n_samples, n_steps, len(output_nodes)), dtype)
    for column, node in enumerate(output_nodes):
        outputs[:, :, column] = values[node]
    return Trace(outputs, values, sequences)


def _array(values: list[Any], dtype: np.dtype) -> np.ndarray:
    array = np.array(values, dtype=np.complex128)
    return array if dtype == np.complex128 else array.real.copy()


@contextmanager
def _deep_recursion() -> Iterator[None]:
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 100_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


DEFAULTS = {"leak": 1.0}


def nudge(graph: nx.DiGraph, kind: str, key: Any, amount: complex, *, tied: bool = False) -> nx.DiGraph:
    """Return a copy of the drawing with ``amount`` added to one parameter.

    ``kind`` is 'weight', with an edge as ``key``, or 'bias', 'initial', 'tau' or 'leak', with a node; if ``tied``,
    ``key`` is the name of a tie, and all members change.
    """
    nudged = graph.copy()
    table = nudged.edges if kind == "weight" else nudged.nodes
    members = [each for each in table if table[each].get("tie") == key] if tied else [key]
    if not members:
        raise ValueError(f"no member of the tie {key!r}")
    declared = [table[each][kind] for each in members if table[each].get(kind) is not None]
    if not declared and kind in ("weight", "tau"):
        raise ValueError(f"no {kind} declared at {key!r}")
    for each in members:
        table[each][kind] = (declared[0] if declared else DEFAULTS.get(kind, 0.0)) + amount
    return nudged
