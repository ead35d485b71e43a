"""Bad drawings: what each message says, in the user's own names, and that all of them are said at once."""

from __future__ import annotations

import math
import pickle
import re
from fractions import Fraction
from inspect import signature
from itertools import pairwise
from time import process_time
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.language.activations import OVER_GROUPS, POINTWISE
from graphnet.language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, NOT_ON_EDGES, NOT_ON_NODES
from graphnet.language.table import Column
from graphnet.testing.strategies import neuron_graphs
from tests.profiles import scaled

TABLES = {"node": NODE_ATTRIBUTES, "edge": EDGE_ATTRIBUTES}
ATTRIBUTES = [(of, name) for of, table in TABLES.items() for name in table]

NOTHING = object()
NUMBERS = {
    "good": [0, 1, -1, 0.5, -2.5, 1e300, np.float32(0.5), np.int64(2), Fraction(1, 2), 10**30],
    "bad": [True, False, np.True_, "1", b"1", math.nan, math.inf, -math.inf, None, 1 + 1j, [1], np.ones(2), 10**400],
}
STEPS = {
    "good": [0, 1, 3, 1.0, np.int64(2), np.float64(2), np.uint8(1)],
    "bad": [True, False, np.False_, "1", math.nan, math.inf, None, -1, -1.0, 0.5, 1.5, 1j, [1], Fraction(1, 2)],
}
BOOLEANS = {"good": [True, False, np.True_], "bad": [0, 1, 1.0, "True", "", None, math.nan, [True]]}
NAMES = {"good": [None, "t", 0, True, ("a", 1), 1.5], "bad": [["t"], {}, np.ones(1)]}
SIGNS = {"good": [-1, 0, 1, 1.0, np.int8(-1)], "bad": [2, -2, 0.5, True, None, "+", math.nan, 1j]}
VALUES: dict[tuple[str, str], dict[str, list[Any]]] = {
    ("node", "role"): {"good": [None, "input", "output"], "bad": ["Input", "hidden", "", True, 1, math.nan, ["input"]]},
    ("node", "layer"): NUMBERS,
    ("node", "activation"): {
        "good": [*POINTWISE, *OVER_GROUPS, np.str_("relu")],
        "bad": ["Tanh", "sgmoid", "", None, True, 0, math.nan, ["tanh"], math.tanh],
    },
    ("node", "bias"): NUMBERS,
    ("node", "train_bias"): BOOLEANS,
    ("node", "initial"): NUMBERS,
    ("node", "train_initial"): BOOLEANS,
    ("node", "leak"): {
        "good": [1.0, 1, 0.5, 1e-9, np.float32(0.25)],
        "bad": [0, 0.0, -0.5, 1.5, 2, True, "1", math.nan, None, 1j],
    },
    ("node", "train_leak"): BOOLEANS,
    ("node", "tau"): {
        "good": [0.5, 2, 1e9, None, np.float32(0.5)],
        "bad": [0, 0.0, -1.0, math.inf, math.nan, True, "1", [1.0]],
    },
    ("node", "train_tau"): BOOLEANS,
    ("node", "group"): NAMES,
    ("node", "reverse"): BOOLEANS,
    ("node", "onset"): STEPS,
    ("node", "sign"): SIGNS,
    ("node", "tie"): NAMES,
    ("edge", "weight"): NUMBERS,
    ("edge", "scale"): NUMBERS,
    ("edge", "trainable"): BOOLEANS,
    ("edge", "delay"): STEPS,
    ("edge", "gate"): {"good": [None, "h", "x"], "bad": [["h"], {"h": 1}, np.ones(1)]},
    ("edge", "gate_delay"): STEPS,
    ("edge", "tie"): NAMES,
    ("edge", "sign"): SIGNS,
}
BESIDE: dict[str, dict[str, Any]] = {
    "group": {"activation": "softmax"},
    "train_tau": {"tau": 2.0},
    "gate_delay": {"gate": "x"},
}
"""Other attributes that each attribute needs to be valid."""
SAID = {
    "number": "finite number",
    "whole": "whole number",
    "boolean": "True or False",
    "name": "hashable",
    "choice": "one of",
}


def drawing() -> nx.DiGraph:
    """x -> h -> y, with nothing wrong."""
    graph = nx.DiGraph([("x", "h"), ("h", "y")])
    graph.nodes["x"]["role"] = "input"
    graph.nodes["y"]["role"] = "output"
    return graph


def said(of: str, name: str, value: Any) -> nx.DiGraph:
    """The drawing with one attribute more, on the node h or the edge h -> y, and what goes with it."""
    graph = drawing()
    there = graph.nodes["h"] if of == "node" else graph.edges["h", "y"]
    there[name] = value
    if name in TABLES[of] and (value is not None or name == "gate_delay"):
        there.update(BESIDE.get(name, {}))
    if name == "activation" and isinstance(value, str) and value in OVER_GROUPS:
        there["group"] = "g"
    return graph


def problems(graph: Any) -> list[str]:
    with pytest.raises(gn.GraphError) as caught:
        gn.validate(graph)
    return caught.value.problems


def only_problem(graph: Any) -> str:
    found = problems(graph)
    assert len(found) == 1, found
    return found[0]


WHERE = {"node": "node 'h'", "edge": "edge ('h', 'y')"}


def test_every_attribute_is_covered_here() -> None:
    assert list(VALUES) == ATTRIBUTES


GOOD = [(of, name, value) for (of, name), values in VALUES.items() for value in values["good"]]
BAD = [(of, name, value) for (of, name), values in VALUES.items() for value in values["bad"]]


@pytest.mark.parametrize(("of", "name", "value"), GOOD)
def test_a_value_that_is_allowed(of: str, name: str, value: Any) -> None:
    graph = said(of, name, value)
    if value == "input":
        graph.remove_edge("x", "h")
    gn.validate(graph)
    gn.compile(graph, seed=0, dt=0.01)


@pytest.mark.parametrize(("of", "name", "value"), BAD)
def test_a_value_that_is_not(of: str, name: str, value: Any) -> None:
    """The place, what was found, and what is allowed."""
    problem = only_problem(said(of, name, value))
    row = TABLES[of][name]
    assert WHERE[of] in problem
    assert f"{name}={value!r}" in problem or f"{name}={int(value)!r}" in problem
    assert SAID[row.kind] in problem
    assert row.range in problem
    for choice in row.choices:
        assert repr(choice) in problem


@pytest.mark.parametrize(("of", "name"), [key for key in ATTRIBUTES if key[1] not in ("role", "gate")])
def test_a_bad_value_among_good_ones_is_the_one_that_is_named(of: str, name: str) -> None:
    """Catches a column that is judged as a whole."""
    good = next(value for value in VALUES[of, name]["good"] if value is not None)
    graph = nx.DiGraph([("x", "a"), ("a", "b"), ("b", "c"), ("c", "d")])
    graph.nodes["x"]["role"], graph.nodes["d"]["role"] = "input", "output"
    rows = [graph.nodes[n] for n in "abc"] if of == "node" else [graph.edges[e] for e in ("ab", "bc", "cd")]
    for row, value in zip(rows, (good, VALUES[of, name]["bad"][0], good), strict=True):
        row.update({**BESIDE.get(name, {}), name: value})
    if name == "delay":
        rows[0]["delay"] = rows[2]["delay"] = 1
    place = "node 'b'" if of == "node" else "edge ('b', 'c')"
    assert place in only_problem(graph)


@pytest.mark.parametrize("value", [2**63, 10**30, 1e300])
def test_a_delay_beyond_all_bounds_is_refused(value: float) -> None:
    assert "edge ('h', 'y')" in only_problem(said("edge", "delay", value))


@pytest.mark.parametrize(("of", "name"), [key for key in ATTRIBUTES if TABLES[key[0]][key[1]].optional])
def test_none_means_not_given_where_the_default_is_none(of: str, name: str) -> None:
    """Also where nothing else is said by that name in the whole drawing."""
    gn.validate(said(of, name, None))
    plain, with_none = gn.compile(drawing(), seed=0), gn.compile(said(of, name, None), seed=0)
    assert np.array_equal(plain.run(np.ones((1, 3, 1))), with_none.run(np.ones((1, 3, 1))))


@pytest.mark.parametrize(
    ("of", "written", "intended"),
    [
        ("node", "activaton", "activation"),
        ("node", "bais", "bias"),
        ("node", "Tau", "tau"),
        ("node", "Layer", "layer"),
        ("edge", "dealy", "delay"),
        ("edge", "Weight", "weight"),
        ("edge", "gatedelay", "gate_delay"),
    ],
)
@pytest.mark.parametrize("value", [1.0, None, "anything"])
def test_a_name_that_resembles_one_is_an_error_that_says_which(
    of: str, written: str, intended: str, value: object
) -> None:
    problem = only_problem(said(of, written, value))
    assert WHERE[of] in problem
    assert repr(written) in problem
    assert repr(intended) in problem


@pytest.mark.parametrize(
    ("of", "name"),
    [
        *((of, name) for of in TABLES for name in ("time", "height", "colour", "position", 3, ("a", 1))),
        ("edge", "layer"),
        ("edge", "group"),
        ("edge", "reverse"),
        ("edge", "onset"),
    ],
)
def test_custom_attributes_are_free(of: str, name: Any) -> None:
    """Four names of attributes of nodes are free on edges."""
    for value in (1, "anything", None, [1], math.nan):
        graph = said(of, name, value)
        gn.validate(graph)
        back = gn.compile(graph, seed=0).to_graph()
        there = back.nodes["h"] if of == "node" else back.edges["h", "y"]
        assert there[name] is value


ON_THE_WRONG_SIDE = [
    *(("node", name) for name in ("delay", "scale", "weight", "trainable", "gate", "gate_delay")),
    *(
        ("edge", name)
        for name in ("bias", "tau", "leak", "train_bias", "train_tau", "train_leak", "activation", "role", "initial")
    ),
    ("edge", "train_initial"),
]


@pytest.mark.parametrize(("of", "name"), ON_THE_WRONG_SIDE)
@pytest.mark.parametrize("value", [1, "anything", None, math.nan, [1]])
def test_an_attribute_of_the_other_side_is_an_error_that_says_where_it_belongs(of: str, name: str, value: Any) -> None:
    other = {"node": "edges", "edge": "nodes"}[of]
    problem = only_problem(said(of, name, value))
    assert problem.startswith(f"{WHERE[of]}: {name} is an attribute of {other}, not of {of}s: give it to the {other}")


def test_every_name_of_one_side_only_is_free_on_the_other_or_an_error() -> None:
    """Catches a new attribute that is forgotten."""
    wrong = {("node", name) for name in NOT_ON_NODES} | {("edge", name) for name in NOT_ON_EDGES}
    free = {("edge", name) for name in ("layer", "group", "reverse", "onset")}
    assert wrong == set(ON_THE_WRONG_SIDE)
    assert wrong | free == {(of, name) for of in TABLES for _, name in ATTRIBUTES if name not in TABLES[of]}


@pytest.mark.parametrize("keyword", ["delay", "scale", "weight", "trainable", "gate", "gate_delay"])
def test_an_attribute_of_edges_is_no_keyword_of_from_matrix(keyword: str) -> None:
    if keyword in signature(gn.graphs.from_matrix).parameters:
        return
    table = gn.graphs.from_matrix(np.eye(2), **{keyword: 1.0})
    assert f"node ('hidden', 0): {keyword} is an attribute of edges" in problems(table)[0]


MISSING = [math.nan, np.float32("nan"), np.float64("nan"), pd.NA, pd.NaT, np.datetime64("NaT"), complex("nan")]


@pytest.mark.parametrize(("of", "name"), ATTRIBUTES)
@pytest.mark.parametrize("value", MISSING, ids=lambda value: type(value).__name__)
def test_a_missing_value_is_an_error_that_says_how_to_drop_it(of: str, name: str, value: Any) -> None:
    problem = only_problem(said(of, name, value))
    assert re.match(rf"{re.escape(WHERE[of])}: {name}=\S*(nan|NA|NaT)\S* is not ", problem)
    assert f"leave out what is missing, as in nx.set_{of}_attributes(graph, column.dropna().to_dict(), " in problem


@pytest.mark.parametrize(("of", "name"), [key for key in ATTRIBUTES if TABLES[key[0]][key[1]].kind == "name"])
def test_a_name_with_a_missing_part_is_none(of: str, name: str) -> None:
    """Two names with a part nan each differ, although they are written alike."""
    for value in (("a", math.nan), ("a", ("b", pd.NA))):
        assert "leave out what is missing" in problems(said(of, name, value))[0]


@pytest.mark.parametrize("name", [*MISSING, ("a", math.nan), (("a", math.nan), 1)], ids=repr)
def test_a_node_that_is_a_missing_value(name: Any) -> None:
    graph = drawing()
    graph.add_edge("h", name)
    assert only_problem(graph) == (
        f"node {name!r}: a missing value is no name of a node: take such rows out of the table, or such nodes out of "
        "the graph, with graph.remove_nodes_from"
    )


@pytest.mark.parametrize("key", [*MISSING, ("a", math.nan)], ids=repr)
def test_an_edge_key_that_is_a_missing_value(key: Any) -> None:
    graph = nx.MultiDiGraph(drawing())
    graph.add_edge("h", "y", key)
    assert only_problem(graph) == (
        f"edge ('h', 'y', {key!r}): a missing value is no key of an edge: give it another key"
    )


def test_what_a_frame_lacks_is_named_where_networkx_makes_attributes_of_it() -> None:
    frame = pd.DataFrame({"source": ["x", "h", "h"], "target": ["h", "y", "h"], "tie": ["t", None, np.nan]})
    frame["weight"] = [0.5, np.nan, 1.0]
    graph = nx.from_pandas_edgelist(frame, edge_attr=True, create_using=nx.DiGraph)
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    found = problems(graph)
    assert any(problem.startswith("edge ('h', 'h'): tie=nan") for problem in found)
    assert any(problem.startswith("edge ('h', 'y'): weight=nan") for problem in found)


@pytest.mark.parametrize("value", [2**63, 10**30, 1e30, Fraction(10**30)])
@pytest.mark.parametrize(("of", "name"), [("edge", "delay"), ("edge", "gate_delay"), ("node", "onset")])
def test_a_whole_number_beyond_int64_is_said_to_be_too_large(of: str, name: str, value: Any) -> None:
    problem = only_problem(said(of, name, value))
    assert problem.endswith(f": {name}={value!r} is beyond {2**63 - 1}, the largest whole number that is read")


def test_a_number_beyond_double_precision_is_said_to_be_too_large() -> None:
    assert only_problem(said("edge", "weight", -(10**400))).endswith(
        "is beyond 1.798e+308, the largest finite number that is read"
    )


@pytest.mark.parametrize(
    "value",
    [10**5000, [0] * 10**6, "x" * 10**6, np.ones((200, 200)), {"a": "\n" * 10**5}],
    ids=lambda v: type(v).__name__,
)
@pytest.mark.parametrize(("of", "name"), [("edge", "delay"), ("node", "activation"), ("node", "layer")])
def test_no_value_makes_a_message_long(of: str, name: str, value: Any) -> None:
    problem = only_problem(said(of, name, value))
    assert len(problem) < 1000
    assert "\n" not in problem


def many(n: int) -> gn.GraphTable:
    """A drawing of ``n`` neurons that have something wrong of every kind."""
    graph = nx.MultiDiGraph()
    for i in range(n):
        graph.add_node(("input", i), role="input", bias=1.0)
        graph.add_node(("a", i), sign=2, bais=1, weight=3, train_tau=True, group=i, onset=0.5, layer="x", tie=("n", i))
        graph.add_node(("b", i), sign=1, tau=0.1, leak=0.5, activation="softmax", tie=("n", i), bias=1.0)
        graph.add_node(("c", i), tie=("n", i), bias=2.0)
        graph.add_node(("d", i, math.nan), reverse=1, role=i, activation="sgmoid")
        graph.add_edge(("a", i), ("input", i), weight=math.nan, gate="nobody", delay=-1, bias=1, dealy=2)
        graph.add_edge(("b", i), ("c", i), sign=-1, gate_delay=1, tie=("t", i), scale="x", trainable=1)
        graph.add_edge(("b", i), ("c", i), key=math.nan, weight=-1.0, tie=("t", i))
        graph.add_edge(("b", i), ("b", i), delay=0, tie=math.nan)
    return gn.GraphTable.from_networkx(graph)


def test_an_error_names_the_first_problems_of_each_cause_and_counts_the_others() -> None:
    few, lots = problems(many(20)), problems(many(2000))
    with pytest.raises(gn.GraphError) as caught:
        gn.validate(many(2000))
    causes = [problem for problem in lots if problem.startswith("and ")]
    assert all(re.fullmatch(r"and (1980|3980|5980) more .+", cause) for cause in causes), causes
    assert len(causes) == len(set(causes)) > 20
    assert len(lots) == 21 * len(causes) + sum(problem.startswith("no output") for problem in lots)
    assert len(str(caught.value)) < 100_000
    total = int(str(caught.value).split(" ", 1)[0])
    assert total == sum(int(problem.split()[1]) if problem.startswith("and ") else 1 for problem in lots)
    assert len(few) < len(lots)


def test_an_error_of_a_hundred_thousand_weights_is_short() -> None:
    with pytest.raises(gn.GraphError) as caught:
        gn.compile(gn.graphs.from_matrix(np.full((317, 317), np.nan)))
    assert caught.value.problems[-1] == f"and {317**2 - 20} more edges with such a value of weight"
    assert str(caught.value).startswith(f"{317**2} problems in the graph:\n")
    assert len(str(caught.value)) < 10_000


@pytest.mark.parametrize("crossing", [False, True])
def test_many_cycles_take_no_longer_than_reading_the_drawing(crossing: bool) -> None:
    """Catches a search over all neurons, or all edges, for each cycle: that takes seconds."""
    n = 20_000
    first = np.arange(0, 2 * n, 2)
    pairs = np.concatenate([first, first + 1]), np.concatenate([first + 1, first])
    columns = {"role": Column(np.zeros(2 * n, np.int64), None, ("output",))}
    if crossing:
        columns["reverse"] = Column(np.arange(2 * n) % 2 == 1)
    table = gn.GraphTable(range(2 * n), *pairs, columns, {"delay": Column(np.full(2 * n, int(crossing)))})
    began = process_time()
    found = problems(table)
    assert process_time() - began < 2
    assert len(found) == 21
    assert found[-1].startswith(f"and {n - 20} more components with a ")
    assert [problem.split(" -> ")[0].split()[-1] for problem in found[:20]] == [str(2 * i) for i in range(20)]


@pytest.mark.parametrize("graph", [nx.Graph([("a", "b")]), nx.MultiGraph([("a", "b")])])
@pytest.mark.parametrize("call", [gn.validate, gn.compile, gn.feedback])
def test_an_undirected_graph(call: Any, graph: nx.Graph) -> None:
    with pytest.raises(gn.GraphError, match="undirected"):
        call(graph)


@pytest.mark.parametrize("thing", [None, 3, "graph.json", [("a", "b")], {"a": ["b"]}, np.eye(2), nx.DiGraph])
@pytest.mark.parametrize("call", [gn.validate, gn.compile, gn.feedback])
def test_what_is_no_graph(call: Any, thing: object) -> None:
    with pytest.raises(gn.GraphError, match=f"DiGraph or MultiDiGraph.*{type(thing).__name__}"):
        call(thing)


@pytest.mark.parametrize("graph", [nx.DiGraph(), nx.MultiDiGraph(), nx.DiGraph([("a", "b")])])
def test_no_output(graph: nx.DiGraph) -> None:
    problem = only_problem(graph)
    assert "no output" in problem
    assert "role='output'" in problem


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("activation", "tanh"),
        ("bias", 0.0),
        ("bias", 2.0),
        ("train_bias", True),
        ("initial", 0.0),
        ("train_initial", False),
        ("leak", 1.0),
        ("train_leak", False),
        ("tau", 2.0),
        ("reverse", False),
        ("onset", 0),
        ("tie", "t"),
    ],
)
def test_what_an_input_cannot_have_even_at_its_default(name: str, value: object) -> None:
    graph = drawing()
    graph.nodes["x"][name] = value
    problem = only_problem(graph)
    assert "node 'x'" in problem
    assert name in problem
    assert "input" in problem


def test_what_an_input_can_have() -> None:
    graph = drawing()
    graph.nodes["x"].update(layer=3, sign=-1, colour="red", tau=None, group=None, tie=None)
    gn.validate(graph)


@pytest.mark.parametrize("source", ["h", "x", "y"])
def test_an_edge_into_an_input(source: str) -> None:
    graph = drawing()
    graph.add_edge(source, "x", delay=1)
    problem = only_problem(graph)
    assert f"edge ({source!r}, 'x')" in problem
    assert "input" in problem


def test_an_edge_of_a_multigraph_is_named_with_its_key() -> None:
    graph = nx.MultiDiGraph([("a", "b", "fast", {"delay": -1}), ("a", "b", "slow", {"delay": 2})])
    graph.nodes["b"]["role"] = "output"
    assert "edge ('a', 'b', 'fast')" in only_problem(graph)


def test_a_gate_that_is_no_node() -> None:
    problem = only_problem(said("edge", "gate", "nobody"))
    assert "edge ('h', 'y')" in problem
    assert "'nobody'" in problem
    assert "node" in problem


@pytest.mark.parametrize("gate", [NOTHING, None])
def test_a_gate_delay_without_a_gate(gate: object) -> None:
    graph = drawing()
    graph.edges["h", "y"]["gate_delay"] = 1
    if gate is not NOTHING:
        graph.edges["h", "y"]["gate"] = gate
    problem = only_problem(graph)
    assert "edge ('h', 'y')" in problem
    assert "gate_delay" in problem
    assert "without a gate" in problem


@pytest.mark.parametrize(("name", "one", "other"), [("weight", 1.0, 2.0), ("trainable", True, False)])
def test_ties_that_disagree(name: str, one: object, other: object) -> None:
    graph = drawing()
    graph.add_edge("h", "h", tie="t")
    graph.edges["x", "h"].update({"tie": "t", name: one})
    graph.edges["h", "y"].update({"tie": "t", name: other})
    problem = only_problem(graph)
    for part in ("'t'", name, repr(one), repr(other), "('x', 'h')", "('h', 'y')"):
        assert part in problem
    assert "('h', 'h')" not in problem


def test_ties_may_disagree_on_anything_else() -> None:
    graph = drawing()
    graph.edges["x", "h"].update(tie="t", weight=1, scale=2.0, delay=3)
    graph.edges["h", "y"].update(tie="t", weight=1.0, scale=-1.0, gate="x")
    gn.validate(graph)


def test_ties_of_other_names_and_untied_edges_are_free() -> None:
    graph = drawing()
    graph.edges["x", "h"].update(tie="s", weight=1.0, trainable=False)
    graph.edges["h", "y"].update(tie="t", weight=2.0)
    graph.add_edge("h", "h", weight=3.0)
    gn.validate(graph)


@pytest.mark.parametrize(
    ("name", "one", "other"),
    [
        ("bias", 0.0, 0.5),
        ("train_bias", True, False),
        ("initial", 1, 2.5),
        ("train_initial", False, True),
        ("tau", 2.0, 3.0),
        ("train_tau", False, True),
        ("leak", 0.5, 0.25),
        ("train_leak", False, True),
    ],
)
def test_tied_neurons_that_disagree(name: str, one: object, other: object) -> None:
    graph = drawing()
    graph.add_nodes_from("abc", tie="t", **BESIDE.get(name, {}))
    graph.nodes["a"][name] = one
    graph.nodes["c"][name] = other
    problem = only_problem(graph)
    for part in ("'t'", name, "node 'a'", "node 'c'"):
        assert part in problem
    assert "node 'b'" not in problem


def test_tied_neurons_may_disagree_on_anything_else() -> None:
    graph = drawing()
    graph.add_node("a", tie="t", bias=1.0, activation="relu", leak=0.5, onset=2, layer=3)
    graph.add_node("b", tie="t", bias=1, reverse=True, sign=-1)
    graph.nodes["h"]["tie"] = "t"
    gn.validate(graph)


def test_a_group_needs_an_activation_of_groups() -> None:
    for activation in ({}, {"activation": "tanh"}):
        graph = drawing()
        graph.nodes["h"].update(group="G", **activation)
        problem = only_problem(graph)
        for part in ("node 'h'", "'G'", "'softmax'", "'standardize'"):
            assert part in problem


@pytest.mark.parametrize("activation", OVER_GROUPS)
def test_an_activation_of_groups_needs_a_group(activation: str) -> None:
    graph = drawing()
    graph.nodes["h"]["activation"] = activation
    problem = only_problem(graph)
    for part in ("node 'h'", repr(activation), "group"):
        assert part in problem


def test_a_group_has_one_activation() -> None:
    graph = drawing()
    graph.add_nodes_from("ab", group="G", activation="softmax")
    graph.add_node("c", group="G", activation="standardize")
    graph.add_node("d", group="H", activation="standardize")
    problem = only_problem(graph)
    for part in ("'G'", "node 'a'", "node 'c'", "activation"):
        assert part in problem
    assert "'H'" not in problem


def test_a_group_has_one_direction_of_time() -> None:
    graph = drawing()
    graph.add_node("a", group="G", activation="softmax", reverse=True)
    graph.add_node("b", group="G", activation="softmax")
    problem = only_problem(graph)
    for part in ("'G'", "node 'a'", "node 'b'", "reverse"):
        assert part in problem


@pytest.mark.parametrize(
    "beside", [{"leak": 0.5}, {"train_leak": True}, {"onset": 2}, {"group": "g", "activation": "softmax"}]
)
@pytest.mark.parametrize("by_tie", [False, True])
def test_what_a_continuous_time_neuron_cannot_have(beside: dict[str, Any], by_tie: bool) -> None:
    """A value that a tie hands down counts as declared."""
    graph = drawing()
    graph.nodes["h"].update(beside)
    if by_tie:
        graph.add_node("a", tie="t", tau=2.0)
        graph.nodes["h"]["tie"] = "t"
    else:
        graph.nodes["h"]["tau"] = 2.0
    found = problems(graph)
    # a tie hands down tau to the one, and leak to the other
    assert len(found) == (2 if by_tie and {"leak", "train_leak"} & set(beside) else 1)
    for problem, node in zip(sorted(found, reverse=True), "ha", strict=False):
        assert f"node {node!r}: a neuron with tau cannot have {next(iter(beside))}; remove one of them" == problem


def test_the_defaults_of_leak_and_onset_are_fine_beside_tau() -> None:
    graph = drawing()
    graph.nodes["h"].update(tau=2.0, leak=1.0, train_leak=False, onset=0, group=None)
    gn.validate(graph)


@pytest.mark.parametrize("by_tie", [False, True])
def test_a_learnt_leak_is_at_least_a_thousandth(by_tie: bool) -> None:
    graph = drawing()
    graph.nodes["h"]["leak"] = 5e-4
    gn.validate(graph)
    if by_tie:
        graph.nodes["h"]["tie"] = "t"
        graph.add_node("a", tie="t", train_leak=True)
    else:
        graph.nodes["h"]["train_leak"] = True
    for node, problem in zip("ha" if by_tie else "h", problems(graph), strict=True):
        assert problem == (
            f"node {node!r}: leak=0.0005 is learnt, and less than 0.001, the least that is: give a larger leak, or "
            "train_leak=False"
        )
    graph.nodes["h"]["leak"] = 1e-3
    gn.validate(graph)
    del graph.nodes["h"]["leak"]
    gn.validate(graph)


@pytest.mark.parametrize("value", [True, False])
def test_train_tau_without_tau(value: bool) -> None:
    graph = drawing()
    graph.nodes["h"]["train_tau"] = value
    problem = only_problem(graph)
    assert "node 'h'" in problem
    assert "train_tau without tau" in problem
    graph.nodes["h"]["tie"] = "t"
    graph.add_node("a", tie="t", tau=2.0)
    gn.validate(graph)


def test_tau_is_at_least_dt() -> None:
    graph = drawing()
    graph.nodes["h"]["tau"] = 0.25
    gn.validate(graph)
    gn.validate(graph, dt=0.25)
    gn.compile(graph, dt=0.25)
    for call in (gn.validate, gn.compile):
        with pytest.raises(gn.GraphError, match="node 'h'") as caught:
            call(graph, dt=0.5)
        assert "tau=0.25" in str(caught.value)
        assert "dt=0.5" in str(caught.value)
    with pytest.raises(gn.GraphError, match=r"tau=0.25 .*dt=1"):
        gn.compile(graph)


def test_a_sign_that_conflicts_with_that_of_the_source() -> None:
    graph = drawing()
    graph.nodes["h"]["sign"] = -1
    graph.edges["h", "y"]["sign"] = 1
    problem = only_problem(graph)
    for part in ("edge ('h', 'y')", "node 'h'", "sign", "+1", "-1"):
        assert part in problem
    graph.edges["h", "y"]["sign"] = 0
    gn.validate(graph)


@pytest.mark.parametrize(("of_node", "of_edge"), [(1, {}), (0, {"sign": 1}), (1, {"sign": 1})])
def test_a_weight_against_its_sign(of_node: int, of_edge: dict[str, int]) -> None:
    graph = drawing()
    graph.nodes["h"]["sign"] = of_node
    graph.edges["h", "y"].update(of_edge, weight=-0.5)
    problem = only_problem(graph)
    for part in ("edge ('h', 'y')", "weight=-0.5", "sign"):
        assert part in problem
    for weight in (0.0, 0.5):
        graph.edges["h", "y"]["weight"] = weight
        gn.validate(graph)


@pytest.mark.parametrize("of", ["source", "edge"])
def test_a_sign_is_that_of_scale_times_weight(of: str) -> None:
    graph = drawing()
    said = graph.nodes["h"] if of == "source" else graph.edges["h", "y"]
    said["sign"] = 1
    graph.edges["h", "y"].update(weight=0.5, scale=-1.5)
    assert only_problem(graph) == (
        "edge ('h', 'y'): weight=0.5 is against its sign: with sign +1 and scale -1.5, w keeps the sign -1 or is 0"
    )
    for free in ({"weight": -0.5}, {"weight": 0.0}, {"scale": 0.0}, {"scale": -0.0}):
        one = graph.copy()
        one.edges["h", "y"].update(free)
        gn.validate(one)


def test_an_edge_frees_itself_from_the_sign_of_its_source() -> None:
    graph = drawing()
    graph.nodes["h"]["sign"] = 1
    graph.edges["h", "y"].update(weight=-0.5, sign=0)
    gn.validate(graph)
    graph.edges["h", "y"]["sign"] = None
    assert "edge ('h', 'y'): sign=None is not a whole number -1, 0 or +1" in only_problem(graph)


def test_a_gap_junction_out_of_neurons_with_signs() -> None:
    """The leaving half asks for the other sign than the arriving one, and is freed."""
    graph = drawing()
    graph.nodes["h"]["sign"] = 1
    graph.add_edge("h", "h", tie="gap", scale=-3.0)
    graph.add_edge("h", "y", tie="gap", scale=2.0)
    graph.add_edge("x", "h", tie="gap", scale=-1.0)
    assert only_problem(graph) == (
        "tie 'gap': its synapses share w, but edge ('h', 'y') asks for w >= 0 (sign +1, scale 2) and edge ('h', 'h') "
        "asks for w <= 0 (sign +1, scale -3); give one of them sign=0"
    )
    graph.edges["h", "h"]["sign"] = 0
    gn.validate(graph)
    assert gn.compile(graph).bounds[0].tolist() == [0.0, np.inf]
    graph.nodes["x"]["sign"] = 1
    assert "edge ('x', 'h') asks for w <= 0 (sign +1, scale -1)" in only_problem(graph)


def test_signs_of_a_tie_combine() -> None:
    """The sign of one member is that of all."""
    graph = drawing()
    graph.edges["x", "h"].update(tie="t", sign=1)
    graph.edges["h", "y"].update(tie="t", weight=-1.0)
    found = problems(graph)
    assert any("('h', 'y')" in problem for problem in found)
    assert all("weight=-1.0" in problem and "+1" in problem for problem in found)
    graph.edges["h", "y"]["weight"] = 1.0
    gn.validate(graph)


def test_signs_of_a_tie_that_conflict() -> None:
    graph = drawing()
    graph.nodes["x"]["sign"] = 1
    graph.edges["x", "h"]["tie"] = graph.edges["h", "y"]["tie"] = "t"
    graph.edges["h", "y"]["sign"] = -1
    problem = only_problem(graph)
    for part in ("'t'", "sign", "+1", "-1"):
        assert part in problem


def cycle_of(*edges: tuple[str, str], **attributes: object) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_edges_from(edges, delay=0, **attributes)
    graph.add_edge(edges[0][0], "out")
    graph.nodes["out"]["role"] = "output"
    return graph


def test_a_zero_delay_cycle_is_named() -> None:
    assert only_problem(cycle_of(("a", "b"), ("b", "a"))) == (
        "zero-delay cycle a -> b -> a: give one of these edges delay=1"
    )


def test_a_self_loop_without_delay_is_a_cycle() -> None:
    assert only_problem(cycle_of(("a", "a"))) == "zero-delay cycle a -> a: give one of these edges delay=1"


def test_a_cycle_is_found_from_the_drawing_alone() -> None:
    """Weight, scale and whether it is learnt do not matter."""
    graph = cycle_of(("a", "b"), ("b", "a"), weight=0.0, scale=0.0, trainable=False)
    assert only_problem(graph).startswith("zero-delay cycle a -> b -> a")


def test_one_cycle_is_named_for_each_component() -> None:
    graph = cycle_of(("a", "b"), ("b", "c"), ("c", "a"), ("b", "a"), ("c", "b"), ("d", "e"), ("e", "d"), ("f", "f"))
    graph.add_edge("a", "d", delay=0)
    found = problems(graph)
    assert len(found) == 3
    assert {frozenset(named_cycle(problem)) & set("abcdef") <= {*"abc"} for problem in found} == {True, False}
    for problem in found:
        path = named_cycle(problem)
        assert path[0] == path[-1]
        assert all(graph.has_edge(*pair) for pair in pairwise(path))
    assert sum("f -> f" in problem for problem in found) == 1


def named_cycle(problem: str) -> list[str]:
    return problem.removeprefix("zero-delay cycle ").split(":")[0].split(" -> ")


def hops(problem: str) -> list[tuple[str, str, str]]:
    """(from, how, to) of a cycle, where how is "->" or "-[group G]-"."""
    words = re.split(r" (->|-\[group .*?\]-) ", problem.split(": ")[0].partition("cycle ")[2])
    return list(zip(words[::2], words[1::2], words[2::2], strict=False))


def test_a_group_is_one_vertex_and_a_hop_through_it_is_written_so() -> None:
    graph = drawing()
    graph.add_nodes_from("ab", group="G", activation="softmax")
    graph.add_edges_from([("c", "a"), ("b", "c")], delay=0)
    problem = only_problem(graph)
    found = hops(problem)
    assert problem.startswith("zero-delay cycle ")
    assert problem.endswith(": give one of these edges delay=1")
    assert set(found) == {("c", "->", "a"), ("a", "-[group G]-", "b"), ("b", "->", "c")}
    assert found[0][0] == found[-1][2]
    graph.edges["b", "c"]["delay"] = 1
    gn.validate(graph)


def test_a_synapse_without_delay_inside_a_group_is_a_cycle() -> None:
    graph = drawing()
    graph.add_nodes_from("ab", group="G", activation="standardize")
    graph.add_edge("a", "b", delay=0)
    found = hops(only_problem(graph))
    assert set(found) == {("a", "->", "b"), ("b", "-[group G]-", "a")}


def test_a_cycle_between_forward_and_reverse_neurons() -> None:
    """Whatever the delays: neither direction of time can run first."""
    graph = drawing()
    graph.add_node("r", reverse=True)
    graph.add_edges_from([("h", "r"), ("r", "h")], delay=5)
    problem = only_problem(graph)
    assert problem.startswith("cycle between forward and reverse neurons")
    assert "h -> r -> h" in problem or "r -> h -> r" in problem


def test_a_cycle_of_both_directions_through_a_gate_or_a_group() -> None:
    gated = drawing()
    gated.add_node("r", reverse=True)
    gated.add_edge("h", "r", delay=1)
    gated.edges["x", "h"].update(gate="r", gate_delay=1)
    grouped = drawing()
    grouped.add_nodes_from("ab", group="G", activation="softmax", reverse=True)
    grouped.add_edges_from([("h", "a"), ("b", "h")], delay=1)
    for graph in (gated, grouped):
        assert only_problem(graph).startswith("cycle between forward and reverse neurons")
    assert "-[group G]-" in only_problem(grouped)


def test_directions_may_follow_one_another() -> None:
    graph = nx.DiGraph([("a", "b"), ("b", "c"), ("c", "d"), ("b", "b"), ("c", "c")])
    nx.set_node_attributes(graph, {"b": True, "d": True}, "reverse")
    graph.nodes["d"]["role"] = "output"
    gn.validate(graph)


def test_a_cycle_through_a_gate() -> None:
    graph = drawing()
    graph.edges["x", "h"].update(gate="y", gate_delay=0)
    problem = only_problem(graph)
    assert problem.startswith("zero-delay cycle ")
    assert set(named_cycle(problem)) == {"h", "y"}
    graph.edges["x", "h"]["gate_delay"] = 1
    gn.validate(graph)


def test_a_neuron_that_gates_itself_without_delay_is_a_cycle() -> None:
    graph = drawing()
    graph.edges["x", "h"].update(gate="h", gate_delay=0)
    assert only_problem(graph).startswith("zero-delay cycle h -> h")


def test_a_delay_anywhere_in_the_cycle_is_enough() -> None:
    for edge in [("a", "b"), ("b", "c"), ("c", "a")]:
        graph = cycle_of(("a", "b"), ("b", "c"), ("c", "a"))
        graph.edges[edge]["delay"] = 1
        gn.validate(graph)


def test_a_parallel_edge_without_delay_closes_a_cycle() -> None:
    graph = nx.MultiDiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 1}), ("b", "a", {"delay": 0})])
    graph.nodes["b"]["role"] = "output"
    assert only_problem(graph).startswith("zero-delay cycle ")


def test_a_zero_delay_diamond_is_no_cycle() -> None:
    graph = cycle_of(("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"), ("a", "d"))
    gn.validate(graph)


def test_a_long_cycle_is_found() -> None:
    """Catches a search that recurses."""
    graph = nx.cycle_graph(5000, create_using=nx.DiGraph)
    nx.set_edge_attributes(graph, 0, "delay")
    graph.nodes[0]["role"] = "output"
    cycle = named_cycle(only_problem(graph))
    assert cycle == [*map(str, range(20)), "(4980 more)", "0"]


@settings(max_examples=scaled(200))
@given(neuron_graphs(names=False), st.data())
def test_making_every_delay_zero_names_a_cycle_where_there_is_one(graph: nx.DiGraph, data: st.DataObject) -> None:
    """Against networkx: one true cycle for each component that has any, and nothing else."""
    for *_, attributes in graph.edges(data=True):
        if data.draw(st.booleans()):
            attributes["delay"] = 0
        if "gate" in attributes and data.draw(st.booleans()):
            attributes["gate_delay"] = 0
    group = dict(graph.nodes(data="group"))
    now = {(u, v) for (u, v), delay in resolved(graph) if delay == 0 and graph.nodes[u].get("role") != "input"}
    waits = nx.DiGraph([(group[u] or u, group[v] or v) for u, v in now])
    cyclic = [
        component
        for component in nx.strongly_connected_components(waits)
        if len(component) > 1 or any(waits.has_edge(vertex, vertex) for vertex in component)
    ]
    if not cyclic:
        gn.validate(graph)
        return
    components = []
    for problem in problems(graph):
        path = hops(problem)
        assert path[0][0] == path[-1][2]
        for u, how, v in path:
            assert (u, v) in now if how == "->" else how == f"-[group {group[u]}]-" and group[u] == group[v]
        components.append({group[u] or u for u, _, _ in path})
    assert len(components) == len(cyclic)
    for component in cyclic:
        assert sum(found <= component for found in components) == 1


def resolved(graph: nx.DiGraph) -> list[tuple[tuple[Any, Any], int]]:
    """Every synapse and every gate with its delay, as the language says it."""

    def rank(node: Any) -> float:
        attributes = graph.nodes[node]
        if attributes.get("role") == "input":
            return -math.inf
        return attributes.get("layer", math.inf if attributes.get("role") == "output" else 0)

    found = []
    for u, v, attributes in graph.edges(data=True):
        found.append(((u, v), attributes.get("delay", 0 if rank(u) < rank(v) else 1)))
        gate = attributes.get("gate")
        if gate is not None:
            found.append(((gate, v), attributes.get("gate_delay", 0 if rank(gate) < rank(v) else 1)))
    return found


def test_all_problems_are_listed_at_once() -> None:
    graph = nx.DiGraph([("a", "b", {"delay": 0}), ("b", "a", {"delay": 0}), ("b", "c", {"gate": "nobody"})])
    graph.add_edge("c", "x")
    graph.add_edge("b", "d", tie="t", weight=1.0)
    graph.add_edge("c", "d", tie="t", weight=2.0)
    graph.nodes["x"].update(role="input", bias=0.0)
    graph.nodes["c"].update(bais=1.0)
    graph.nodes["d"].update(initial="much")
    with pytest.raises(gn.GraphError) as caught:
        gn.compile(graph)
    found = caught.value.problems
    for part in ("no output", "'nobody'", "a -> b -> a", "('c', 'x')", "'x': an input", "'bais'", "'much'", "tie 't'"):
        assert sum(part in problem for problem in found) == 1, part
    assert len(found) == 8
    assert "8 problems" in str(caught.value)
    for problem in found:
        assert problem in str(caught.value)


def test_every_bad_row_of_one_attribute_is_listed() -> None:
    graph = drawing()
    for node, value in zip(graph, ("a", "b", "c"), strict=True):
        graph.nodes[node]["layer"] = value
    found = problems(graph)
    assert len(found) == 3
    for node, problem in zip(graph, found, strict=True):
        assert f"node {node!r}" in problem


def test_the_message_of_a_single_problem_is_that_problem() -> None:
    with pytest.raises(gn.GraphError) as caught:
        gn.validate(said("edge", "delay", -1))
    assert [str(caught.value)] == caught.value.problems


def test_errors_are_value_errors_and_pickle() -> None:
    error = gn.GraphError(["one", "two"])
    again = pickle.loads(pickle.dumps(error))
    assert isinstance(error, ValueError)
    assert type(again) is gn.GraphError
    assert again.problems == ["one", "two"]
    assert str(again) == str(error)
    assert issubclass(gn.DataError, ValueError)
    assert not issubclass(gn.DataError, gn.GraphError)


def test_validating_changes_nothing() -> None:
    graph = drawing()
    graph.nodes["h"].update(bias=1, colour="red")
    before = {node: dict(attributes) for node, attributes in graph.nodes(data=True)}
    gn.validate(graph)
    gn.compile(graph)
    assert {node: dict(attributes) for node, attributes in graph.nodes(data=True)} == before
    assert all(not attributes for *_, attributes in graph.edges(data=True))


@settings(max_examples=scaled(200))
@given(neuron_graphs(declared=False))
def test_every_drawing_of_the_strategy_is_valid(graph: nx.DiGraph) -> None:
    gn.validate(graph)
    gn.validate(gn.GraphTable.from_networkx(graph))


def test_a_table_is_validated_like_its_drawing() -> None:
    graph = said("edge", "delay", -1)
    assert problems(gn.GraphTable.from_networkx(graph)) == problems(graph)


@pytest.mark.parametrize("dt", [0, -1.0, "a", float("nan"), True])
def test_a_step_of_time_is_a_positive_number_even_where_no_neuron_needs_it(dt: object) -> None:
    with pytest.raises(gn.DataError, match=f"dt={dt!r} is not a positive finite number"):
        gn.validate(gn.graphs.elman(1, 2, 1), dt=dt)
