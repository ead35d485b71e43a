"""Cases to test properties on: a random drawing with sequences; and comparisons of what networks compute of a case."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ..execute.contract import State
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import read_lengths
from ..network.network import Network
from .strategies import Graph, neuron_graphs, sequences

Compile = Callable[..., Network]
"""``graphnet.compile`` with the executor under test as its backend."""

ParameterKey = tuple[str, bool, Any]
"""Identity of a parameter: its kind, True if it is tied, and its key."""


@dataclass(frozen=True, eq=False)
class Case:
    """A drawing with data to run it on.

    Attributes
    ----------
    graph : networkx.DiGraph or MultiDiGraph
    inputs : (n_samples, n_steps, n_inputs)
    lengths : (n_samples,) or None
    seed : int
        Seed of all other random choices of a property.
    """

    graph: Graph
    inputs: Array
    lengths: Array | None
    seed: int

    __repr__ = one_line

    def __str__(self) -> str:
        lines = [f"{type(self.graph).__name__}, seed {self.seed}, lengths {self.lengths}"]
        lines += [f"  node {node!r} {said}" for node, said in self.graph.nodes(data=True)]
        lines += [f"  edge {edge!r} {self.graph.edges[edge]}" for edge in self.graph.edges]
        return "\n".join([*lines, f"  inputs {self.inputs.tolist()}"])

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"\n{self}")

    @property
    def rng(self) -> np.random.Generator:
        """New random generator, seeded with the seed of the case."""
        return np.random.default_rng(self.seed)

    @property
    def whole_lengths(self) -> Array:
        """Lengths (n_samples,), also if none are given."""
        return read_lengths(self.lengths, *self.inputs.shape[:2])

    @property
    def mask(self) -> Array:
        """True for the steps of each sequence, False for padding, (n_samples, n_steps)."""
        return np.asarray(np.arange(self.inputs.shape[1]) < self.whole_lengths[:, None])

    def on(self, graph: Graph) -> Case:
        """Return the case with another drawing and the same data."""
        return replace(self, graph=graph)


@st.composite
def cases(draw: st.DrawFn, /, **switches: Any) -> Case:
    """Draw cases: a drawing of ``neuron_graphs``, sequences for it, and a seed.

    Parameters
    ----------
    **switches
        Those of ``neuron_graphs``.

    Returns
    -------
    strategy of Case

    Examples
    --------
    >>> from hypothesis import given
    >>> @given(cases(reverse=False))
    ... def test_my_executor(case):
    ...     assert case.mask.shape == case.inputs.shape[:2]
    >>> test_my_executor()
    """
    graph = draw(neuron_graphs(**switches))
    data = draw(sequences(graph))
    return Case(graph, data.inputs, data.lengths, draw(st.integers(0, 2**16)))


@dataclass(frozen=True, eq=False)
class Outcome:
    """Results of a network on a case: its outputs, and the gradients of a weighted sum of them.

    Attributes
    ----------
    outputs : {node: (n_samples, n_steps)}
    parameters : {parameter key: float}
        Gradients of the parameters.
    inputs : {node: (n_samples, n_steps)}
        Gradients of the inputs.
    """

    outputs: dict[Hashable, Array]
    parameters: dict[ParameterKey, float]
    inputs: dict[Hashable, Array]

    __repr__ = one_line


def outcome(net: Network, case: Case, weights: Mapping[Hashable, Array] | None = None) -> Outcome:
    """Run and differentiate a network; the outputs have ``weights`` {output: (n_samples, n_steps)}, or random ones."""
    graph = case.graph
    into, out = nodes_with_role(graph, "input"), nodes_with_role(graph, "output")
    if weights is None:
        weights = random_weights(case)
    grad_outputs = np.stack([weights[node] for node in out], axis=2)
    outputs = net.run(case.inputs, lengths=case.lengths)
    back = net.vjp(case.inputs, grad_outputs, lengths=case.lengths)
    return Outcome(
        {node: outputs[:, :, i] for i, node in enumerate(out)},
        named(net, back.parameters),
        {node: back.inputs[:, :, i] for i, node in enumerate(into)},
    )


def random_weights(case: Case) -> dict[Hashable, Array]:
    """Return a weight between -1 and 1 for each output, sample and step, {node: (n_samples, n_steps)}."""
    rng = case.rng
    return {node: rng.uniform(-1, 1, case.inputs.shape[:2]) for node in nodes_with_role(case.graph, "output")}


def nodes_with_role(graph: Graph, role: str) -> list[Hashable]:
    """Return the inputs or the outputs, in node order."""
    return [node for node, of in graph.nodes(data="role") if of == role]


def named(net: Network, values: Array) -> dict[ParameterKey, float]:
    """Return an array (n_parameters,) as a dict by the parameters' keys."""
    return {(row.kind, row.tied, row.key): float(x) for row, x in zip(net.parameter_table(), values, strict=True)}


def lives_backwards(graph: Graph) -> bool:
    """Return True if some neurons run in reversed time."""
    return any(reverse for _, reverse in graph.nodes(data="reverse"))


def random_state(net: Network, n_samples: int, rng: np.random.Generator) -> State:
    """Return a state with random past values between -1 and 1."""
    state = net.state(n_samples)
    state.history[:] = rng.uniform(-1, 1, state.history.shape).round(2)
    return state


def assert_close(ours: Array, theirs: Array, tolerance: float, what: str, rounding: float = 1e-13) -> None:
    """Assert that arrays agree, relative to their largest entry or absolutely within ``rounding``.

    Inputs and weights are of the order of 1, so that rounding errors are absolute where sums cancel, as they do over
    the members of a group.
    """
    ours, theirs = np.asarray(ours), np.asarray(theirs)
    assert ours.shape == theirs.shape, f"{what}: shapes {ours.shape} and {theirs.shape}"
    error = np.abs(ours - theirs).max(initial=0)
    largest = np.abs(theirs).max(initial=0)
    assert error <= max(tolerance * largest, rounding), f"{what}: {error} beside {largest}\n{ours}\n{theirs}"


def assert_same(one: Outcome, other: Outcome, tolerance: float) -> None:
    """Assert that two outcomes agree in all that both have; to the bit if the tolerance is 0."""
    for what in ("outputs", "inputs"):
        ours, theirs = getattr(one, what), getattr(other, what)
        for node in ours.keys() & theirs.keys():
            if tolerance == 0:
                assert np.array_equal(ours[node], theirs[node]), f"{what} of {node!r}: {ours[node]} {theirs[node]}"
            else:
                assert_close(ours[node], theirs[node], tolerance, f"{what} of {node!r}")
    by_kind: dict[str, list[ParameterKey]] = {}
    for name in one.parameters.keys() & other.parameters.keys():
        by_kind.setdefault(name[0], []).append(name)
    for names in by_kind.values():
        first, second = (np.array([each.parameters[name] for name in names]) for each in (one, other))
        if tolerance == 0:
            assert np.array_equal(first, second), f"{names}: {first} {second}"
        else:
            assert_close(first, second, tolerance, f"gradients of {names}")


def assert_same_state(one: State, other: State) -> None:
    """Assert that two states are the same to the bit."""
    assert np.array_equal(one.history, other.history), f"histories {one.history} and {other.history}"
    assert np.array_equal(one.steps, other.steps), f"steps {one.steps} and {other.steps}"
