"""Open weights: each is drawn from a key of its own, normal, with deviation 1/fan."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import Enum, Flag, IntEnum, StrEnum
from fractions import Fraction
from pathlib import Path
from statistics import NormalDist
from typing import Any, NamedTuple

import networkx as nx
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import graphnet as gn
from graphnet.compiler.initial import draws as draw_module
from graphnet.compiler.initial.draws import draw_normal, hash_names, spell_name
from graphnet.testing.strategies import neuron_graphs
from tests.compiler.drawings import shuffled
from tests.interpreter import bounds, fan


def weights(graph: nx.DiGraph, seed: int | None = 0) -> dict[Hashable, float]:
    """{edge: weight}, of tied and fixed ones too."""
    back = gn.compile(graph, seed=seed).to_graph()
    return {edge: back.edges[edge]["weight"] for edge in back.edges}


def draws(graph: nx.DiGraph, seed: int | None = 0) -> dict[Hashable, float]:
    """{edge: its weight with its fan taken out}, of edges without a tie."""
    return {
        edge: weight * fan(graph, edge, 1)
        for edge, weight in weights(graph, seed).items()
        if graph.edges[edge].get("tie") is None
    }


def agree(some: dict[Hashable, float], more: dict[Hashable, float]) -> None:
    assert some.keys() <= more.keys()
    for edge, drawn in some.items():
        assert more[edge] == pytest.approx(drawn, rel=1e-13, abs=0), edge


def ring(n: int, kind: type = nx.DiGraph) -> nx.DiGraph:
    graph = nx.cycle_graph(n, create_using=kind)
    graph.add_edges_from((0, i) for i in range(2, n))
    graph.nodes[0]["role"] = "output"
    return graph


open_graphs = neuron_graphs(declared=False)


@given(open_graphs, st.data())
def test_adding_a_synapse_changes_no_other_draw(graph: nx.DiGraph, data: st.DataObject) -> None:
    if not graph.number_of_edges():
        return
    whole = draws(graph)
    declared = {edge for edge in graph.edges if "weight" in graph.edges[edge]}
    less = graph.copy()
    less.remove_edge(*data.draw(st.sampled_from(list(graph.edges))))
    agree({edge: drawn for edge, drawn in draws(less).items() if edge not in declared}, whole)


@given(open_graphs, st.randoms(use_true_random=False))
def test_the_order_of_nodes_and_edges_changes_no_bit(graph: nx.DiGraph, shuffle: random.Random) -> None:
    assert weights(shuffled(graph, shuffle)) == weights(graph)


def test_declaring_a_weight_changes_no_other_draw() -> None:
    graph = ring(6)
    before = draws(graph)
    graph.edges[2, 3]["weight"] = 5.0
    after = draws(graph)
    del before[2, 3]
    agree(before, after)


def test_nothing_but_names_and_the_seed_enters_a_draw() -> None:
    """Not delays, gates, roles, layers or what is learnt; scale by the fan alone."""
    graph = ring(6)
    before = weights(graph)
    graph.add_node("lonely", role="input")
    nx.set_edge_attributes(graph, {edge: {"delay": 3, "trainable": False} for edge in graph.edges})
    nx.set_node_attributes(graph, {i: {"layer": i, "bias": 1.0} for i in graph if i != "lonely"})
    assert weights(graph) == before
    nx.set_edge_attributes(graph, 2.0, "scale")
    assert weights(graph) == {edge: weight / 2 for edge, weight in before.items()}


@pytest.mark.parametrize("other", [nx.MultiDiGraph])
def test_an_edge_of_a_digraph_has_key_0(other: type) -> None:
    simple, parallel = weights(ring(6)), weights(ring(6, other))
    assert {(*edge, 0): weight for edge, weight in simple.items()} == parallel


def test_parallel_synapses_have_draws_of_their_own() -> None:
    graph = nx.MultiDiGraph([("a", "b"), ("a", "b"), ("a", "b", "0"), ("a", "b", "k")])
    graph.nodes["b"]["role"] = "output"
    assert len(set(weights(graph).values())) == 4


def test_names_enter_by_their_repr() -> None:
    graph = nx.DiGraph([(1, "y"), ("1", "y"), ((1,), "y"), ("y", 1), ("y", "1")])
    graph.nodes["y"]["role"] = "output"
    assert len({abs(drawn) for drawn in draws(graph).values()}) == 5


def test_source_and_target_do_not_commute() -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "a"), ("a", "a"), ("b", "b")])
    graph.nodes["b"]["role"] = "output"
    assert len({abs(drawn) for drawn in draws(graph).values()}) == 4


def test_the_same_seed_gives_the_same_bits_and_another_seed_others() -> None:
    graph = ring(8)
    assert weights(graph, seed=3) == weights(graph, seed=3)
    assert weights(graph, seed=np.int64(3)) == weights(graph, seed=3)  # type: ignore[arg-type]
    ones, others = weights(graph, seed=3), weights(graph, seed=4)
    assert all(ones[edge] != others[edge] for edge in ones)


def test_without_a_seed_every_network_is_another() -> None:
    graph = ring(8)
    ones, others = weights(graph, seed=None), weights(graph, seed=None)
    assert all(ones[edge] != others[edge] for edge in ones)


def test_a_network_without_a_seed_says_the_one_that_it_took() -> None:
    graph = ring(8)
    net = gn.compile(graph)
    assert np.array_equal(gn.compile(graph, seed=net.seed).parameters, net.parameters)


@pytest.mark.costly
def test_another_process_draws_the_same_bits() -> None:
    """Catches draws that go through hash(), which Python seeds anew in every process."""
    code = (
        "import graphnet as gn; net = gn.compile(gn.graphs.complete(2, 5, 2), seed=7);"
        "print(' '.join(map(float.hex, net.parameters.tolist())))"
    )
    expected = gn.compile(gn.graphs.complete(2, 5, 2), seed=7).parameters.tolist()
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert [float.fromhex(number) for number in done.stdout.split()] == expected


def star(n_sources: int, n_targets: int) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from((("x", i) for i in range(n_sources)), role="input")
    graph.add_nodes_from((("y", i) for i in range(n_targets)), role="output")
    graph.add_edges_from((("x", i), ("y", j)) for i in range(n_sources) for j in range(n_targets))
    return graph


@pytest.mark.parametrize(("n_sources", "n_targets"), [(1, 4000), (4, 1000), (100, 40)])
def test_draws_are_normal_with_the_deviation_of_their_fan_in(n_sources: int, n_targets: int) -> None:
    drawn = np.array(list(weights(star(n_sources, n_targets)).values()))
    assert drawn.std() == pytest.approx(1 / np.sqrt(n_sources), rel=0.05)
    assert stats.kstest(drawn * np.sqrt(n_sources), "norm").pvalue > 0.01


def test_every_synapse_into_the_target_counts() -> None:
    """Parallel ones, declared ones, gated ones, self-loops and those from inputs; those of a gate do not."""
    graph = nx.MultiDiGraph([("a", "y", "k")])
    graph.nodes["y"]["role"] = "output"
    alone = weights(graph)["a", "y", "k"]
    graph.add_edge("x", "y", weight=3.0)
    graph.add_edge("a", "y", "other")
    graph.add_edge("a", "y", "gated", gate="g", delay=2)
    graph.add_edge("y", "y", trainable=False)
    graph.add_edge("y", "a")
    graph.nodes["x"]["role"] = "input"
    graph.add_node("g")
    assert weights(graph)["a", "y", "k"] == pytest.approx(alone / np.sqrt(5), rel=1e-14)


def test_draws_of_a_grid_show_no_pattern() -> None:
    """Catches keys that are mixed badly: rows, columns, transposes and seeds that repeat or go together."""
    n = 60
    graph = nx.DiGraph((i, j) for i in range(n) for j in range(n))
    graph.nodes[0]["role"] = "output"

    def grid(seed: int) -> np.ndarray:
        drawn = draws(graph, seed)
        return np.array([[drawn[i, j] for j in range(n)] for i in range(n)])

    one, other = grid(0), grid(1)
    assert len(set(one.ravel().tolist())) == n * n
    bound = 4 / np.sqrt(n * n)
    upper = np.triu_indices(n, 1)
    assert abs(np.corrcoef(one[upper], one.T[upper])[0, 1]) < 4 / np.sqrt(len(upper[0]))
    assert abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < bound
    assert abs(np.corrcoef(one[:, 1:].ravel(), one[:, :-1].ravel())[0, 1]) < bound
    assert abs(np.corrcoef(one[1:].ravel(), one[:-1].ravel())[0, 1]) < bound
    assert np.abs(one.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert np.abs(one.mean(axis=1)).max() < 4.5 / np.sqrt(n)


@given(open_graphs)
def test_every_fan_is_that_of_scales_and_ties(graph: nx.DiGraph) -> None:
    """In and out, of each synapse, as naively counted."""
    found = {}

    class Seen:
        def weigh(self, opened: Any) -> np.ndarray:
            for row, *fans in zip(opened.rows.tolist(), opened.fan_in(), opened.fan_out(), strict=True):
                found[opened.table.edge_key(row)] = fans
            return opened.normal

    gn.compile(graph, seed=0, initializer=Seen())
    for edge, (fan_in, fan_out) in found.items():
        assert fan_in == pytest.approx(fan(graph, edge, 1) ** 2, rel=1e-13)
        assert fan_out == pytest.approx(fan(graph, edge, 0) ** 2, rel=1e-13)


def test_fans_by_hand() -> None:
    """Scales squared; synapses of one tie into one neuron add up before; declared and gated ones count."""
    graph = nx.MultiDiGraph()
    graph.add_node("y", role="output")
    graph.add_edge("a", "y", scale=3.0)
    graph.add_edge("b", "y", scale=-2.0, weight=7.0)
    graph.add_edge("c", "y", gate="a")
    graph.add_edge("d", "y", tie="t", scale=4.0)
    graph.add_edge("e", "y", tie="t", scale=-1.0)
    graph.add_edge("a", "b", scale=0.0)
    graph.add_edge("e", "c", tie="t")
    before = nx.MultiDiGraph([("a", "y"), ("c", "y"), ("a", "b"), ("d", "y", {"tie": "t"})])
    before.add_node("y", role="output")
    drawn = {edge: weight * fan(before, edge, 1) for edge, weight in weights(before).items()}
    found = weights(graph)
    fan_of_y = np.sqrt(9 + 4 + 1 + (4 + 1) ** 2)
    for edge in (("a", "y", 0), ("c", "y", 0), ("d", "y", 0)):
        assert found[edge] == pytest.approx(drawn[edge] / fan_of_y, rel=1e-14)
    assert found["e", "c", 0] == found["d", "y", 0], "the largest fan of a tie"
    assert found["a", "b", 0] == drawn["a", "b", 0], "a fan of 0 counts as 1"


@pytest.mark.parametrize("scale", [1e300, 1e-300])
def test_the_fans_of_the_largest_and_the_smallest_scales_are_finite(scale: float) -> None:
    graph = ring(4)
    nx.set_edge_attributes(graph, scale, "scale")
    for initializer in ("fan_in", "glorot", "he"):
        parameters = gn.compile(graph, seed=0, initializer=initializer).parameters
        assert np.isfinite(parameters).all()
        assert np.count_nonzero(parameters) == graph.number_of_edges()


def test_counts_as_scale_leave_the_input_of_a_neuron_at_deviation_1() -> None:
    """Untied, and with one weight for each type of source."""
    rng = np.random.default_rng(0)
    counts = rng.integers(1, 40, (60, 400)).astype(float)
    for per_type in (False, True):
        graph = nx.DiGraph()
        for j, i in np.ndindex(*counts.shape):
            graph.add_edge(("x", j), ("y", i), scale=counts[j, i])
            if per_type:
                graph.edges[("x", j), ("y", i)]["tie"] = (j % 6, i)
        nx.set_node_attributes(graph, {node: "input" if node[0] == "x" else "output" for node in graph}, "role")
        net = gn.compile(graph, seed=1)
        # of one type all send the same
        sent = (
            np.repeat(rng.normal(size=(40, 1, 6)), 10, axis=2).reshape(40, 1, 6, 10).swapaxes(2, 3).reshape(40, 1, 60)
        )
        if not per_type:
            sent = rng.normal(size=(40, 1, 60))
        assert net.run(sent).std() == pytest.approx(1.0, rel=0.1)


def test_a_tie_is_drawn_once_with_the_largest_count_of_its_members() -> None:
    graph = nx.DiGraph([("a", "b", {"tie": "t"}), ("c", "b"), ("b", "c", {"tie": "t"})])
    graph.nodes["b"]["role"] = "output"
    found = weights(graph)
    assert found["a", "b"] == found["b", "c"]
    drawn = found["a", "b"] * np.sqrt(2)

    graph.add_edges_from((("d", i), "d") for i in range(9))
    graph.edges[("d", 0), "d"]["tie"] = "t"
    found = weights(graph)
    assert found["a", "b"] == found[("d", 0), "d"] == pytest.approx(drawn / np.sqrt(9), rel=1e-14)


def test_a_tie_is_drawn_by_its_name_alone() -> None:
    def shared(edge: tuple, name: Hashable, seed: int = 0) -> float:
        graph = nx.DiGraph([(*edge, {"tie": name})])
        graph.nodes[edge[1]]["role"] = "output"
        return weights(graph, seed)[edge]

    assert shared(("a", "b"), "t") == shared(("c", "d"), "t")
    assert shared(("a", "b"), (1, True)) == shared(("c", "d"), (np.float64(1), 1))
    assert shared(("a", "b"), "t") != shared(("a", "b"), "s")
    assert shared(("a", "b"), 1) != shared(("a", "b"), "1")
    assert shared(("a", "b"), "t") != shared(("a", "b"), "t", seed=1)


def test_a_tie_that_one_member_declares_is_not_drawn() -> None:
    graph = nx.DiGraph([("a", "b", {"tie": "t"}), ("b", "c", {"tie": "t", "weight": 0.25}), ("c", "a", {"tie": "t"})])
    graph.nodes["c"]["role"] = "output"
    assert set(weights(graph).values()) == {0.25}


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("of", ["source", "edge", "tie"])
def test_a_signed_weight_is_drawn_with_its_sign(sign: int, of: str) -> None:
    """The same numbers, but for their signs."""
    graph = nx.DiGraph([("x", ("y", i)) for i in range(50)])
    graph.nodes["y", 0]["role"] = "output"
    if of == "tie":
        for i, (*_, said) in enumerate(graph.edges(data=True)):
            said["tie"] = i
    free = weights(graph)
    assert {np.sign(weight) for weight in free.values()} == {1.0, -1.0}
    if of == "source":
        graph.nodes["x"]["sign"] = sign
    else:
        nx.set_edge_attributes(graph, sign, "sign")
    assert weights(graph) == {edge: sign * abs(weight) for edge, weight in free.items()}
    nx.set_edge_attributes(graph, -1.0, "scale")
    assert weights(graph) == {edge: -sign * abs(weight) for edge, weight in free.items()}, "it is that of scale * w"
    nx.set_edge_attributes(graph, 0.0, "scale")
    assert weights(graph) == free, "a scale of 0 asks for no sign"
    nx.set_edge_attributes(graph, {edge: {"sign": 0, "scale": 1.0} for edge in graph.edges})
    assert weights(graph) == free, "freed from the sign of its source"


@given(open_graphs)
def test_bounds_are_those_of_signs_of_strength(graph: nx.DiGraph) -> None:
    net, limits = gn.compile(graph, seed=0), bounds(graph)
    edges_of_tie = {said.get("tie"): edge for *edge, said in ((*e, graph.edges[e]) for e in graph.edges)}
    for row, found in zip(net.parameter_table(), net.bounds.tolist(), strict=True):
        if row.kind == "weight":
            edge = tuple(edges_of_tie[row.key]) if row.tied else row.key
            assert limits[edge] == tuple(found)
            assert found[0] <= row.value <= found[1]


def test_a_fixed_open_weight_is_drawn_too() -> None:
    graph = nx.DiGraph([("x", "y", {"trainable": False})])
    graph.nodes["y"]["role"] = "output"
    drawn = weights(graph)["x", "y"]
    assert drawn != 0
    graph.edges["x", "y"]["trainable"] = True
    assert weights(graph)["x", "y"] == drawn


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_draws_do_not_depend_on_the_dtype(dtype: str) -> None:
    graph = ring(5)
    exact = gn.compile(graph, seed=0).parameters
    np.testing.assert_array_equal(gn.compile(graph, seed=0, dtype=dtype).parameters, exact.astype(dtype))


def test_draws_are_the_same_in_every_version() -> None:
    """A seed in somebody's paper is worth nothing otherwise."""
    drawn = draw_normal(0, hash_names("abc"), hash_names("def"))
    assert drawn.tolist() == pytest.approx([0.7317774972313177, 1.7045042084128421, -0.27986560037112074], rel=1e-14)
    graph = nx.DiGraph([("a", "b", {"tie": "t"}), ("b", "b", {})])
    graph.nodes["b"]["role"] = "output"
    found = [row.value for row in gn.compile(graph, seed=0).parameter_table() if row.kind == "weight"]
    assert found == pytest.approx([0.9376253375814451, 0.23232352843507875], rel=1e-14)


VERSION_0_1 = [
    -0.3307596302963639,
    0.19147681579819759,
    -0.22541226469788192,
    0.4038022060856989,
    -0.013648128722765489,
    -0.47783131892157393,
    -0.23894425181969234,
    -0.15345947090736337,
    0.23588877312222487,
    -0.26084037859861486,
    -0.13857507725466248,
    0.047003428420166485,
    0.09053260797975522,
    -0.07619031564632274,
    -0.19046127540373825,
]


def test_version_0_1_drew_these_numbers() -> None:
    """Taken from that version: of None, str, bytes, int, float and tuples of them, as nodes, keys and ties."""
    names = ["a", b"a", 3, -7, 10**30, 0.5, float("inf"), ("n", 1), (None, 2.5, ()), "\u00e9'\"", (b"", (0,))]
    graph = nx.MultiDiGraph()
    graph.add_node("y", role="output")
    for i, name in enumerate(names):
        graph.add_edge(name, "y", key=names[-1 - i])
    for i, name in enumerate([*names, None][:4]):
        graph.add_edge("y", "y", key=("tied", i), tie=name)
    found = [row.value for row in gn.compile(graph, seed=3).parameter_table() if row.kind == "weight"]
    assert found == VERSION_0_1


class Cell(IntEnum):
    SECOND = 2


class Part(StrEnum):
    AXON = "axon"


class Rate(float, Enum):
    HALF = 0.5
    WHOLE = 3.0


class Kind(Enum):
    SOMA = 1
    AXON = 2


class Layer(Flag):
    L1 = 1
    L2 = 2


class Place(NamedTuple):
    column: int
    row: float


@dataclass(frozen=True)
class Neuron:
    kind: Kind
    number: float
    note: str = field(default="", compare=False)


class Word(str):
    """A str of another class, with another repr."""

    def __repr__(self) -> str:
        return f"Word at {id(self)}"


EQUAL: list[list[Any]] = [
    [1, True, 1.0, np.int8(1), np.True_, np.float32(1), Fraction(1), np.longdouble(1)],
    [0, False, 0.0, -0.0, np.float64(-0.0), Fraction(0), np.uint64(0)],
    [2, Cell.SECOND, 2.0, Fraction(4, 2)],
    [0.5, Fraction(1, 2), Rate.HALF, np.float16(0.5)],
    [3, Rate.WHOLE, 3.0],
    [0.1, np.float64(0.1)],
    [float(np.float32(0.1)), np.float32(0.1)],
    [2**60, 2.0**60, Fraction(2**60)],
    [10**30, Fraction(10**30)],
    [Fraction(1, 3), Fraction(2, 6)],
    [1 / 3],
    [Fraction(10**400, 3)],
    [2**14284 - 1],
    [2**14284],
    ["axon", Part.AXON, np.str_("axon"), Word("axon")],
    [b"axon", np.bytes_(b"axon")],
    [(3, 0.5), Place(3, 0.5), (3.0, Fraction(1, 2)), (np.int64(3), Rate.HALF)],
    [(True, ("axon",)), (1, (Part.AXON,))],
    [frozenset({1, "b", (2,)}), frozenset({(2.0,), True, "b"})],
    [frozenset()],
    [()],
    [Kind.SOMA],
    [Kind.AXON],
    [Layer.L1 | Layer.L2, Layer(3)],
    [Neuron(Kind.SOMA, 1), Neuron(Kind.SOMA, True, note="not compared")],
    [Neuron(Kind.AXON, 1)],
    [10**5000],
    [float("inf")],
    [float("-inf"), np.float64("-inf")],
]
"""Names that are equal, in lists; those of different lists differ."""


@pytest.mark.parametrize("names", EQUAL, ids=range(len(EQUAL)))
def test_names_that_are_equal_draw_alike(names: list[Any]) -> None:
    """As nodes at both ends, as edge keys and as ties."""

    def parameters(name: Any) -> list[float]:
        graph = nx.MultiDiGraph()
        graph.add_node("y", role="output")
        graph.add_edge(name, "y")
        graph.add_edge("y", name)
        graph.add_edge("y", "y", key=name)
        graph.add_edge("y", "y", key="tied", tie=name)
        return gn.compile(graph, seed=0).parameters.tolist()

    assert all(name == names[0] and hash(name) == hash(names[0]) for name in names)
    assert all(parameters(name) == parameters(names[0]) for name in names)


def test_names_that_differ_draw_differently() -> None:
    hashes = hash_names([names[0] for names in EQUAL])
    assert len(set(hashes.tolist())) == len(EQUAL)
    assert 0 not in hashes


def parameters_of_odd_names() -> list[str]:
    """Return the weights of a drawing with a name of each kind as node, key and tie."""
    graph = nx.MultiDiGraph()
    graph.add_node("y", role="output")
    for names in EQUAL:
        graph.add_edge(names[-1], "y", key=names[0])
        graph.add_edge("y", "y", key=("tied", names[0]), tie=names[-1])
    return [float.hex(value) for value in gn.compile(graph, seed=0).parameters.tolist()]


@pytest.mark.costly
def test_another_process_draws_the_same_bits_of_every_kind_of_name() -> None:
    """Frozensets and members of an Enum have another order or hash in each process."""
    code = "from tests.compiler.initial.test_draws import parameters_of_odd_names as f; print(' '.join(f()))"
    for hash_seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        assert done.stdout.split() == parameters_of_odd_names()


@dataclass(unsafe_hash=True)
class Changeable:
    number: int


WITHOUT_A_VALUE = [
    object(),
    int,
    len,
    ...,
    1j,
    np.complex64(1),
    range(3),
    Decimal(1),
    date(2020, 1, 1),
    Path("a"),
    Changeable(1),
    np.longdouble(1) / 3,
    (1, (object(),)),
    frozenset({1j}),
]


@pytest.mark.parametrize("name", WITHOUT_A_VALUE, ids=lambda name: type(name).__name__)
def test_a_name_without_a_value_is_an_error_only_where_an_open_weight_needs_it(name: Any) -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("y", role="output")
    graph.add_edge(name, "y", weight=0.1)
    graph.add_edge("y", name, key=0, tie="t")
    graph.add_edge("y", "y", key=name, weight=0.1)
    graph.add_edge("y", "y", key="a tie", tie=name, weight=0.1)
    for initializer in ("fan_in", "orthogonal", "spectral_radius"):
        gn.compile(graph, seed=0, initializer=initializer)
    for key in ((name, "y", 0), ("y", "y", name), ("y", "y", "a tie")):
        del graph.edges[key]["weight"]
    del graph.edges["y", name, 0]["tie"]
    with pytest.raises(gn.GraphError) as caught:
        gn.compile(graph, seed=0)
    starts = [f"node {name!r}: ", f"key of edge {('y', 'y', name)!r}: ", f"tie {name!r}: "]
    assert [problem[: len(start)] for problem, start in zip(caught.value.problems, starts, strict=True)] == starts
    assert all("nx.relabel_nodes" in problem for problem in caught.value.problems)


def test_the_lowest_and_the_highest_draws_are_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(draw_module, "mix_bits", lambda numbers: numbers)
    state = hash_names([0])
    extremes = draw_normal(0, np.concatenate([state, ~state]))
    assert np.isfinite(extremes).all()
    # half a step from 0, and one from 1, of the 2^53 steps between them
    expected = [NormalDist().inv_cdf(2.0**-54), -NormalDist().inv_cdf(2.0**-53)]
    assert extremes.tolist() == pytest.approx(expected, rel=1e-9)


def test_one_key_is_enough() -> None:
    assert draw_normal(3, hash_names("ab")).shape == (2,)


def test_the_longest_decimal_and_a_third_are_spelt_as_said() -> None:
    """Numbers that Python prints everywhere are decimal, and a fraction that equals no float keeps its parts."""
    assert spell_name(2**14284 - 1) == str(2**14284 - 1)
    assert spell_name(2**14284) == hex(2**14284)
    assert spell_name(Fraction(1, 3)) == "1/3"


def test_names_without_a_value_are_counted_beyond_the_first_twenty() -> None:
    problems: list[str] = []
    hash_names([object() for _ in range(22)], str, problems)
    assert problems[-1] == "and 2 more names without such a value"
