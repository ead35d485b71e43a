"""from_tables: columns, ids, counts, signs, gap junctions and types, with every error; and what it draws compiles."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd
import polars as pl
import pytest

import graphnet as gn

from_tables = gn.graphs.from_tables
LARGE = 720575940621039145
ROOT = Path(__file__).parents[2]


def frame(columns: str, *rows: tuple[Any, ...]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=columns.split())


def edges_of(table: gn.GraphTable) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return {edge: attributes}."""
    graph = table.to_networkx()
    return {tuple(edge[:-1]): edge[-1] for edge in graph.edges(data=True, **({"keys": True} if table.keys else {}))}


PAIRS = [
    ("source", "target"),
    ("pre", "post"),
    ("pre_root_id", "post_root_id"),
    ("body_pre", "body_post"),
    ("bodyId_pre", "bodyId_post"),
    ("source_node_id", "target_node_id"),
]


@pytest.mark.parametrize(("source", "target"), PAIRS)
def test_columns_of_ends_are_found(source: str, target: str) -> None:
    rows = frame(f"{target} {source}", ("b", "a"), ("c", "b"))
    for named in ({}, {"source": source}, {"target": target}, {"source": source, "target": target}):
        assert from_tables(rows, **named).edge_keys() == [("a", "b"), ("b", "c")]


@pytest.mark.parametrize("node", ["node", "id", "name", "root_id", "bodyId"])
def test_the_column_of_neurons_is_found_and_gives_their_order(node: str) -> None:
    rows = frame("pre post", ("a", "b"), ("c", "a"))
    nodes = frame(f"side {node}", ("L", "c"), ("R", "b"), ("L", "a"), ("R", "alone"))
    table = from_tables(rows, nodes)
    assert table.nodes == ["c", "b", "a", "alone"]
    assert from_tables(rows, nodes, node=node).nodes == table.nodes
    assert table.node_frame()["side"].tolist() == ["L", "R", "L", "R"]


def test_without_nodes_neurons_are_in_order_of_appearance() -> None:
    rows = frame("pre post n", ("a", "b", 1), ("c", "a", 0), ("b", "d", 1))
    with pytest.warns(gn.GraphWarning, match=r"1 of 3 rows are dropped: their count is 0 or missing"):
        table = from_tables(rows, count="n")
    assert table.nodes == ["a", "b", "c", "d"]


def test_frames_of_polars_and_arrow_and_files_are_the_same(tmp_path: Path) -> None:
    rows = frame("pre post n nt", ("a", "b", 2, "gaba"), ("b", "a", 1, None))
    nodes = frame("id type", ("b", "x"), ("a", "y"))
    expected = from_tables(rows, nodes, count="n", sign="nt", signs={"gaba": -1}, per="type")
    for given in (pl.from_pandas, lambda f: pl.from_pandas(f).to_arrow(), lambda f: pl.from_pandas(f).lazy()):
        table = from_tables(given(rows), given(nodes), count="n", sign="nt", signs={"gaba": -1}, per="type")
        assert nx.utils.graphs_equal(table.to_networkx(), expected.to_networkx())
    rows.to_csv(tmp_path / "edges.csv.gz", index=False)
    nodes.to_parquet(tmp_path / "nodes.parquet")
    found = from_tables(
        tmp_path / "edges.csv.gz", str(tmp_path / "nodes.parquet"), count="n", sign="nt", signs={"gaba": -1}, per="type"
    )
    assert edges_of(found) == edges_of(expected)


# ids


def test_whole_ids_stay_exact() -> None:
    big = [LARGE, LARGE + 1, LARGE + 2]
    rows = frame("pre post", (big[0], big[1]), (big[1], big[2]))
    assert from_tables(rows).nodes == big
    assert all(type(node) is int for node in from_tables(rows).nodes)
    nodes = pd.DataFrame({"id": pd.array(big, "Int64")})
    assert from_tables(rows.astype("uint64"), nodes).edge_keys() == [(big[0], big[1]), (big[1], big[2])]
    huge = frame("pre post", (2**64 - 1, 2**63)).astype("uint64")
    assert from_tables(huge, frame("id", (2**63,), (2**64 - 1,)).astype("uint64")).nodes == [2**63, 2**64 - 1]
    # one side of int64, another of uint64
    assert from_tables(pd.DataFrame({"pre": [5], "post": np.array([2**63], np.uint64)})).nodes == [5, 2**63]
    assert from_tables(pd.DataFrame({"pre": [-5], "post": np.array([2**63], np.uint64)})).nodes == [-5, 2**63]
    # floats that are whole and not rounded
    assert from_tables(frame("pre post", (2.0**53, 1.0))).nodes == [2**53, 1]
    assert from_tables(frame("pre post", (("a", 1), ("b", 2)))).nodes == [("a", 1), ("b", 2)]


def test_ids_that_are_rounded() -> None:
    rows = frame("pre post", (float(LARGE), 1.0), (2.0, 3.0))
    says = r"edges: column 'pre': 1 ids, such as 720575940621039104, are floats above 9007199254740992, and so rounded"
    with pytest.raises(gn.GraphError, match=says):
        from_tables(rows)
    with pytest.raises(gn.GraphError, match="are floats above 16777216"):
        from_tables(frame("pre post", (2**24 + 2, 1)).astype("float32"))
    with pytest.raises(
        gn.GraphError, match=r"edges: row 1: column 'post': 1.5 is no id: ids are whole numbers or text"
    ):
        from_tables(frame("pre post", (1, 2.0), (1, 1.5)))
    with pytest.raises(gn.GraphError, match="column 'pre' holds True and False, and ids are whole numbers or text"):
        from_tables(frame("pre post", (True, 2)))
    with pytest.raises(gn.GraphError, match="column 'pre' holds lists or others that are not hashable"):
        from_tables(frame("pre post", ([1], 2)))


def test_numbers_against_text() -> None:
    says = (
        "column 'pre' of edges holds whole numbers such as 1, and column 'id' of nodes holds text such as '1': "
        "the same ids have the same type"
    )
    with pytest.raises(gn.GraphError, match=says):
        from_tables(frame("pre post", (1, 2)), frame("id", ("1",), ("2",)))
    with pytest.raises(gn.GraphError, match="column 'pre' of edges holds whole numbers such as 1, and column 'post'"):
        from_tables(frame("pre post", (1, "a")))
    with pytest.raises(gn.GraphError, match="column 'pre' of edges holds whole numbers such as 1, and column 'pre'"):
        from_tables(frame("pre post", (1, "a"), ("b", "a")))


def test_missing_and_repeated_ids() -> None:
    rows = frame("pre post", ("a", "b"), (None, "b"), ("a", ""))
    with pytest.raises(gn.GraphError) as error:
        from_tables(rows, frame("id", ("a",), (None,)))
    assert error.value.problems == [
        "edges: row 1: column 'pre' is empty: an edge has two ends",
        "edges: row 2: column 'post' is empty: an edge has two ends",
        "nodes: row 1: column 'id' is empty: a neuron has a name",
    ]
    many = pd.DataFrame({"pre": pd.array([None] * 30, "Int64"), "post": range(30)})
    with pytest.raises(gn.GraphError, match="and 10 more rows in which it is"):
        from_tables(many)
    with pytest.raises(gn.GraphError, match="nodes: row 2: column 'id': 'a' is the name of an earlier row, too"):
        from_tables(frame("pre post", ("a", "b")), frame("id", ("a",), ("b",), ("a",)))
    with pytest.raises(gn.GraphError, match="and 5 more rows with the name of an earlier one"):
        from_tables(frame("pre post", (1, 1)), pd.DataFrame({"id": [1] * 26}))


def test_rows_of_csv_files_are_lines(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("pre,post\na,b\n\n,b\n")
    with pytest.raises(gn.GraphError, match=r"e\.csv: line 4: column 'pre' is empty: an edge has two ends"):
        from_tables(path)


def test_neurons_that_nodes_lack() -> None:
    rows = frame("pre post n", ("a", "b", 1), ("x", "b", 2), ("a", "y", 3), ("x", "y", 4))
    nodes = frame("id", ("a",), ("b",))
    says = (
        "nodes lacks 2 of the neurons in edges: 'x', 'y'; they have 3 of 4 edges: add them, or leave these edges out "
        "with unlisted='drop'"
    )
    with pytest.raises(gn.GraphError, match=says):
        from_tables(rows, nodes, count="n")
    with pytest.warns(gn.GraphWarning, match="nodes lacks 2 of .*: 'x', 'y'; 3 of 4 edges are left out with them"):
        table = from_tables(rows, nodes, count="n", unlisted="drop")
    assert edges_of(table) == {("a", "b"): {"scale": 1.0}}
    assert table.attributes["from_tables"]["dropped"]["unlisted"] == 3
    many = pd.DataFrame({"pre": range(30), "post": range(30)})
    with pytest.raises(gn.GraphError, match=r"nodes lacks 30 of .*, 19 \.\.\.; they have 30 of 30 edges"):
        from_tables(many, frame("id", (-1,)))


# counts, keys and attributes


def test_rows_of_a_pair_add_up() -> None:
    rows = frame("pre post n neuropil side", ("a", "b", 2, "X", "L"), ("b", "a", 1, "X", "R"), ("a", "b", 3, "Y", "L"))
    assert edges_of(from_tables(rows, count="n")) == {
        ("a", "b"): {"scale": 5.0, "side": "L"},
        ("b", "a"): {"scale": 1.0, "neuropil": "X", "side": "R"},
    }
    by_key = from_tables(rows, count="n", key="neuropil")
    assert edges_of(by_key) == {
        ("a", "b", "X"): {"scale": 2.0, "side": "L"},
        ("a", "b", "Y"): {"scale": 3.0, "side": "L"},
        ("b", "a", "X"): {"scale": 1.0, "side": "R"},
    }
    assert isinstance(by_key.to_networkx(), nx.MultiDiGraph)
    assert edges_of(from_tables(rows, key="neuropil"))["a", "b", "Y"] == {"n": 3, "side": "L"}


def test_rows_without_a_count_are_dropped_and_counted() -> None:
    rows = frame("pre post n", ("a", "b", 0), ("b", "a", None), ("a", "a", 2), ("a", "b", 0.5))
    with pytest.warns(gn.GraphWarning, match="2 of 4 rows are dropped: their count is 0 or missing") as caught:
        table = from_tables(rows, count="n", min_count=0)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert edges_of(table) == {("a", "a"): {"scale": 2.0}, ("a", "b"): {"scale": 0.5}}


def test_counts_below_the_least_are_dropped_after_adding_up() -> None:
    rows = frame("pre post n", ("a", "b", 2), ("b", "a", 4), ("a", "b", 3), ("b", "b", 4.5))
    table = from_tables(rows, count="n", min_count=5)
    assert edges_of(table) == {("a", "b"): {"scale": 5.0}}
    assert table.nodes == ["a", "b"]
    assert table.attributes["from_tables"]["dropped"]["min_count"] == 2
    assert from_tables(rows, count="n", min_count=4.5).n_edges == 2


def test_counts_that_are_none() -> None:
    rows = frame("pre post n", ("a", "b", -1), ("b", "a", np.inf))
    with pytest.raises(gn.GraphError) as error:
        from_tables(rows, count="n")
    assert error.value.problems == [
        "edges: row 0: column 'n': -1 is no count, which is a number >= 0",
        "edges: row 1: column 'n': inf is no count, which is a number >= 0",
    ]
    with pytest.raises(gn.GraphError, match="row 1: column 'n': 'two' is no count, which is a number >= 0"):
        from_tables(frame("pre post n", ("a", "b", "1"), ("b", "a", "two")), count="n")
    with pytest.raises(gn.GraphError, match="row 0: column 'n': True is no count"):
        from_tables(frame("pre post n", ("a", "b", True)), count="n")


def test_repeated_pairs_without_counts() -> None:
    rows = frame("pre post k", ("a", "b", 1), ("b", "a", 1), ("a", "b", 2), ("a", "b", 1))
    with pytest.raises(gn.GraphError) as error:
        from_tables(rows)
    ways = "name the column of counts to add up with count=, or the one that tells parallel synapses apart with key="
    assert error.value.problems == [
        f"edges: row 2: 'a' -> 'b' repeats row 0: {ways}",
        f"edges: row 3: 'a' -> 'b' repeats row 0: {ways}",
    ]
    with pytest.raises(gn.GraphError, match="row 3: 'a' -> 'b' repeats row 0: the key is the same, too; name the col"):
        from_tables(rows, key="k")
    with pytest.raises(gn.GraphError, match="row 1: 'a' -> 'b' has no key"):
        from_tables(frame("pre post k", ("a", "b", "x"), ("a", "b", None)), key="k")
    with pytest.raises(gn.GraphError, match="column 'k' holds lists or others that are not hashable: no keys"):
        from_tables(frame("pre post k", ("a", "b", [1])), key="k")


def test_attributes_of_the_language_and_custom_ones() -> None:
    rows = frame(
        "pre post weight delay on tie note",
        ("a", "b", 0.5, 2, True, "t", "x"),
        ("b", "a", None, None, None, None, None),
    )
    nodes = pd.DataFrame({"id": ["a", "b"], "tau": [2.0, np.nan], "train_tau": [True, None], "xyz": [1, 2]})
    table = from_tables(rows, nodes, columns={"on": "trainable"})
    assert edges_of(table) == {
        ("a", "b"): {"weight": 0.5, "delay": 2, "trainable": True, "tie": "t", "note": "x"},
        ("b", "a"): {},
    }
    assert table.to_networkx().nodes(data=True)["a"] == {"tau": 2.0, "train_tau": True, "xyz": 1}
    assert table.to_networkx().nodes(data=True)["b"] == {"xyz": 2}
    assert table.edge_columns["delay"].values.dtype == np.int64


def test_booleans_and_numbers_written_as_words(tmp_path: Path) -> None:
    path = tmp_path / "e.csv"
    path.write_text("pre,post,weight,trainable\na,b,NA,TRUE\nb,a,0.5,n/a\n")
    assert edges_of(from_tables(path)) == {("a", "b"): {"trainable": True}, ("b", "a"): {"weight": 0.5}}


def test_columns_renames_makes_custom_and_leaves_out() -> None:
    rows = frame("pre post weight n t", ("a", "b", 0.5, 3, 7))
    nodes = frame("id tau_ms tau", ("a", 2.0, 9.0), ("b", 3.0, 9.0))
    table = from_tables(
        rows, nodes, count="n", columns={"weight": "w_em", "t": None, "tau_ms": "tau", "tau": "old_tau"}
    )
    assert edges_of(table) == {("a", "b"): {"scale": 3.0, "w_em": 0.5}}
    assert table.node("tau").tolist() == [2.0, 3.0]
    assert table.node_frame()["old_tau"].tolist() == [9.0, 9.0]
    # the count column is nothing else, also if it is named like an attribute
    assert edges_of(from_tables(rows, count="weight", min_count=0)) == {("a", "b"): {"scale": 0.5, "n": 3, "t": 7}}
    assert edges_of(from_tables(rows.rename(columns={"n": "scale"})))["a", "b"]["scale"] == 3.0


def test_rows_that_add_up_and_disagree() -> None:
    rows = frame(
        "pre post n delay note",
        ("a", "b", 1, 2, "p"),
        ("b", "a", 1, 1, "p"),
        ("a", "b", 1, None, None),
        ("a", "b", 2, 3, "q"),
    )
    says = r"edges: row 0 and row 3: 'a' -> 'b': rows that add up disagree on delay: 2 and 3; key= keeps them apart"
    with pytest.raises(gn.GraphError, match=says):
        from_tables(rows, count="n")
    agreed = edges_of(from_tables(rows[:3], count="n"))
    assert agreed["a", "b"] == {"scale": 2.0, "delay": 2, "note": "p"}
    many = pd.DataFrame({"pre": [*range(25)] * 2, "post": [*range(25)] * 2, "n": 1, "delay": np.arange(50)})
    with pytest.raises(gn.GraphError, match="and 5 more synapses that disagree on delay"):
        from_tables(many, count="n")
    nested = frame("pre post n x", ("a", "b", 1, [1]), ("a", "b", 1, [2]))
    with pytest.raises(gn.GraphError, match="edges: 'x' holds lists or others, which cannot be compared between rows"):
        from_tables(nested, count="n")
    assert edges_of(from_tables(nested[:1], count="n"))["a", "b"]["x"] == [1]


def test_self_loops_stay() -> None:
    assert from_tables(frame("pre post", ("a", "a"))).edge_keys() == [("a", "a")]


# signs


def test_signs_of_edges() -> None:
    rows = frame(
        "pre post n nt", ("a", "b", 2, " GABA"), ("b", "a", 3, "ACh"), ("b", "b", 4, None), ("a", "a", 5, "none")
    )
    table = from_tables(rows, count="n", sign="nt", signs={"gaba": -1, "ach": 1, "None": 0})
    assert edges_of(table) == {
        ("a", "b"): {"scale": -2.0, "sign": -1},
        ("b", "a"): {"scale": 3.0, "sign": 1},
        ("b", "b"): {"scale": 4.0},
        ("a", "a"): {"scale": 5.0},
    }
    net = gn.compile(gn.graphs.with_readout(gn.graphs.with_inputs(table, 1), 1), seed=0)
    weights = {row.key: row.value for row in net.parameter_table() if row.kind == "weight"}
    assert weights["a", "b"] > 0
    assert weights["b", "a"] > 0


@pytest.mark.parametrize("values", [[-1, 1, 0], [-1.0, 1.0, None], ["-1", "+1", "0"], ["-1", "1", None]])
def test_signs_that_are_numbers(values: list[Any]) -> None:
    rows = pd.DataFrame({"pre": ["a", "b", "c"], "post": ["b", "c", "a"], "s": values})
    assert edges_of(from_tables(rows, sign="s")) == {
        ("a", "b"): {"scale": -1.0, "sign": -1},
        ("b", "c"): {"scale": 1.0, "sign": 1},
        ("c", "a"): {"scale": 1.0},
    }


def test_signs_multiply_scales_that_the_table_declares() -> None:
    rows = frame("pre post scale s", ("a", "b", 3.0, -1), ("b", "a", None, 1))
    assert edges_of(from_tables(rows, sign="s")) == {
        ("a", "b"): {"scale": -3.0, "sign": -1},
        ("b", "a"): {"scale": 1.0, "sign": 1},
    }


def test_a_column_sign_without_sign_is_the_attribute() -> None:
    assert edges_of(from_tables(frame("pre post sign", ("a", "b", -1)))) == {("a", "b"): {"sign": -1}}
    assert edges_of(from_tables(frame("pre post sign", ("a", "b", -1)), sign="sign")) == {
        ("a", "b"): {"sign": -1, "scale": -1.0}
    }


def test_signs_of_nodes_are_those_of_sources() -> None:
    rows = frame("pre post n", ("a", "b", 2), ("b", "a", 3))
    nodes = frame("id nt", ("a", "gaba"), ("b", "ach"))
    table = from_tables(rows, nodes, count="n", sign="nt", signs={"GABA": -1, "ACh": 1})
    assert edges_of(table) == {("a", "b"): {"scale": -2.0, "sign": -1}, ("b", "a"): {"scale": 3.0, "sign": 1}}
    assert table.node_columns == {}
    # a column of edges is taken before one of nodes
    both = from_tables(rows.assign(nt=["ach", "gaba"]), nodes, count="n", sign="nt", signs={"GABA": -1, "ACh": 1})
    assert both.edge("sign").tolist() == [1, -1]
    assert both.node_frame()["nt"].tolist() == ["gaba", "ach"]


def test_unknown_words_are_counted() -> None:
    rows = frame("pre post n nt", ("a", "b", 2, "DA"), ("b", "a", 3, "5ht"), ("b", "b", 4, "DA"), ("a", "a", 0, "oct"))
    with pytest.warns(gn.GraphWarning) as caught:
        table = from_tables(rows, count="n", sign="nt", signs={"gaba": -1})
    assert str(caught[1].message) == (
        "column 'nt': 2 words without a sign in signs=, on 3 rows: 'DA' (2), '5ht' (1); they are free of signs"
    )
    assert len(caught) == 2
    assert table.edge("scale").tolist() == [2.0, 3.0, 4.0]
    assert not table.edge_gives("sign").any()
    assert table.attributes["from_tables"]["unknown_words"] == {"DA": 2, "5ht": 1}
    nodes = frame("id nt", ("a", "x"), ("b", None))
    with pytest.warns(gn.GraphWarning, match="column 'nt': 1 word without a sign in signs=, on 1 neurons: 'x'"):
        from_tables(frame("pre post", ("a", "b"), ("b", "a")), nodes, sign="nt")


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", "b", 3, -1), ("a", "b", 2, 1)], (-5.0, -1)),
        ([("a", "b", 3, -1), ("a", "b", 3, 1)], (6.0, None)),
        ([("a", "b", 1, -1), ("a", "b", 2, 1), ("a", "b", 2, -1)], (-5.0, -1)),
        ([("a", "b", 2, -1), ("a", "b", 3, 0)], (5.0, None)),
        ([("a", "b", 2, 1), ("a", "b", 2, None), ("a", "b", 1, -1)], (5.0, None)),
    ],
)
def test_rows_that_add_up_take_the_sign_of_the_largest_total(rows: list[Any], expected: tuple[float, Any]) -> None:
    (said,) = edges_of(from_tables(frame("pre post n s", *rows), count="n", sign="s")).values()
    assert (said["scale"], said.get("sign")) == expected


def test_signs_that_are_none() -> None:
    rows = frame("pre post s", ("a", "b", 2), ("b", "a", 1))
    with pytest.raises(gn.GraphError, match="edges: row 0: column 's': 2 is no sign: -1, 0 or 1, or a word of signs="):
        from_tables(rows, sign="s")
    assert from_tables(rows, sign="s", signs={2: -1}).edge("sign").tolist() == [-1, 1]
    with pytest.raises(gn.GraphError, match="column 's': True is no sign"):
        from_tables(frame("pre post s", ("a", "b", True)).astype({"s": bool}), sign="s", signs={"x": 1})
    for signs, says in (
        ({"a": 2}, "signs: 'a': 2 is not -1, 0 or 1"),
        ({"a": True}, "signs: 'a': True is not -1, 0 or 1"),
        ({"a": 1, "A": -1}, "signs: 'A' has two signs: words are compared without regard to case"),
        (["a"], r"signs=\['a'\] is not a dict such as {'gaba': -1, 'ach': 1}"),
    ):
        with pytest.raises(gn.GraphError, match=says):
            from_tables(rows, sign="s", signs=signs)


# gap junctions and types


def test_gap_junctions_are_four_tied_synapses() -> None:
    rows = frame("pre post n g", ("a", "b", 2, None), ("b", "c", None, 3), ("c", "b", 1, 3))
    table = from_tables(rows, count="n", gap="g")
    tie = ("gap", "b", "c")
    assert edges_of(table) == {
        ("a", "b", 0): {"scale": 2.0},
        ("c", "b", 0): {"scale": 1.0},
        ("c", "b", ("gap", "c")): {"scale": 3.0, "delay": 1, "tie": tie, "sign": 1},
        ("b", "b", ("gap", "c")): {"scale": -3.0, "delay": 1, "tie": tie, "sign": -1},
        ("b", "c", ("gap", "b")): {"scale": 3.0, "delay": 1, "tie": tie, "sign": 1},
        ("c", "c", ("gap", "b")): {"scale": -3.0, "delay": 1, "tie": tie, "sign": -1},
    }


def test_ties_of_gap_junctions_are_in_node_order_or_of_types() -> None:
    rows = frame("pre post g", ("b", "a", 1.0), ("c", "a", 2.0))
    nodes = frame("id type", ("c", "Y"), ("a", "X"), ("b", None))
    ties = {key[:2]: said["tie"] for key, said in edges_of(from_tables(rows, nodes, gap="g")).items()}
    assert set(ties.values()) == {("gap", "a", "b"), ("gap", "c", "a")}
    ties = {key[:2]: said["tie"] for key, said in edges_of(from_tables(rows, nodes, gap="g", per="type")).items()}
    assert set(ties.values()) == {("gap", "a", "b"), ("gap", "X", "Y")}


@pytest.mark.parametrize("own", [-1, 0, 1])
def test_signs_of_gap_junctions_where_neurons_have_signs(own: int) -> None:
    rows, nodes = frame("pre post g", ("a", "b", 2.0)), frame("id sign", ("a", own), ("b", 1))
    table = from_tables(rows, nodes, gap="g")
    said = {(u, v): data["sign"] for (u, v, _), data in edges_of(table).items()}
    assert said == {("a", "b"): int(own >= 0), ("a", "a"): -int(own <= 0), ("b", "a"): 1, ("b", "b"): 0}
    net = gn.compile(gn.graphs.with_readout(gn.graphs.with_inputs(table, 1), 1), seed=0)
    (weight,) = [row for row in net.parameter_table() if row.key == ("gap", "a", "b")]
    assert weight.value > 0
    (bound,) = net.bounds[[row.key == ("gap", "a", "b") for row in net.parameter_table()]]
    assert bound.tolist() == [0.0, np.inf]


def test_the_current_of_a_gap_junction() -> None:
    """I = w * count * (y_other - y_own) into both neurons, by hand, beside a chemical synapse."""
    rows = frame("pre post n g w", ("a", "b", 2, 3, 0.25), ("b", "a", None, 3, None))
    table = from_tables(
        rows, frame("id activation", ("a", "identity"), ("b", "identity")), count="n", gap="g", columns={"w": "weight"}
    )
    drawn = gn.graphs.with_readout(gn.graphs.with_inputs(table, 2), 1).to_networkx()
    for u, v, _, said in drawn.edges(keys=True, data=True):
        if u[0] in ("input", "output") or v[0] in ("input", "output"):
            said["weight"] = float((u, v) in {(("input", 0), "a"), (("input", 1), "b")})
        elif said["delay" if "tie" in said else "weight"] == 1:
            said["weight"] = 0.1
    net = gn.compile(drawn, backend="reference")
    inputs = np.random.default_rng(0).standard_normal((5, 2))
    run = net.run(inputs[None], record=["a", "b"])
    a = b = 0.0
    for t, (first, second) in enumerate(inputs):
        a, b = first + 0.1 * 3 * (b - a), second + 0.1 * 3 * (a - b) + 0.25 * 2 * a
        np.testing.assert_allclose([run.recorded["a"][0, t], run.recorded["b"][0, t]], [a, b], rtol=1e-13)


def test_without_counts_a_row_with_gap_junctions_is_no_chemical_synapse() -> None:
    rows = frame("pre post g", ("a", "b", 0), ("b", "a", None), ("a", "c", 2), ("c", "a", 2))
    table = from_tables(rows, gap="g")
    assert [key for key in table.edge_keys() if key[2] == 0] == [("a", "b", 0), ("b", "a", 0)]
    assert table.n_edges == 6


def test_gap_junctions_that_are_given_twice() -> None:
    rows = frame("pre post g", ("a", "b", 1), ("b", "a", 2), ("c", "a", 1), ("a", "c", 1), ("c", "a", 1))
    with pytest.raises(gn.GraphError) as error:
        from_tables(rows, gap="g")
    assert error.value.problems == [
        "edges: row 4: the gap junction of 'c' and 'a' has count 1, and 1 in row 2: a gap junction is given once, or "
        "once from each of its neurons",
        "edges: row 1: the gap junction of 'b' and 'a' has count 2, and 1 in row 0: both neurons of a gap junction "
        "have its count",
    ]
    with pytest.raises(gn.GraphError, match="row 0: column 'g': -1 is no count"):
        from_tables(frame("pre post g", ("a", "b", -1)), gap="g")


def test_gap_junctions_of_a_neuron_with_itself_are_dropped() -> None:
    rows = frame("pre post g", ("a", "a", 1), ("a", "b", 2))
    with pytest.warns(
        gn.GraphWarning, match="1 rows are dropped: a gap junction of a neuron with itself carries no curr"
    ):
        table = from_tables(rows, gap="g")
    assert table.n_edges == 4
    assert table.attributes["from_tables"]["dropped"]["gap"] == 1


def test_types_tie_neurons_and_synapses() -> None:
    rows = frame("pre post n", ("a", "b", 1), ("c", "b", 2), ("b", "d", 3), ("a", "c", 1))
    nodes = frame(
        "id type role", ("a", 7, None), ("b", 9, None), ("c", 7, "output"), ("d", None, None), ("i", 9, "input")
    )
    table = from_tables(rows, nodes, count="n", per="type")
    assert {key: said.get("tie") for key, said in edges_of(table).items()} == {
        ("a", "b"): (7, 9),
        ("c", "b"): (7, 9),
        ("b", "d"): None,
        ("a", "c"): (7, 7),
    }
    ties = dict(table.to_networkx().nodes(data="tie"))
    assert ties == {"a": 7, "b": 9, "c": 7, "d": None, "i": None}
    assert table.node_frame()["type"].tolist()[:3] == [7, 9, 7]
    net = gn.compile(gn.graphs.with_inputs(table, 1, to_nodes=["a"]), seed=0)
    kinds = [row.kind for row in net.parameter_table()]
    assert kinds.count("bias") == 3  # of 7, 9 and d
    assert kinds.count("weight") == 4  # two ties, b -> d, and the input


# columns that do not fit


EDGES, NODES = frame("pre post n", ("a", "b", 1)), frame("id type", ("a", "x"), ("b", "y"))


@pytest.mark.parametrize(
    ("edges", "nodes", "options", "says"),
    [
        (frame("x y", (1, 2)), None, {}, "no columns of sources and targets are found; name them with source="),
        (frame("pre post source target", (1, 2, 1, 2)), None, {}, "sources and targets: 'source'/'target', 'pre'/"),
        (frame("pre y", (1, 2)), None, {"source": "pre"}, "target: none is found; name it with target=; columns"),
        (frame("x post target", (1, 2, 3)), None, {"source": "x"}, "target: several columns may be it: 'target'"),
        (EDGES, None, {"source": "pree"}, "source='pree': edges has no such column; it has 'pre', 'post', 'n'"),
        (EDGES, None, {"target": "x"}, "target='x': edges has no such column"),
        (EDGES, None, {"source": "pre", "target": "pre"}, "source and target are both 'pre': an edge has two ends"),
        (EDGES, None, {"source": 3}, "source=3 is not the name of a column"),
        (EDGES, None, {"count": "m"}, "count='m': edges has no such column; it has 'pre', 'post', 'n'"),
        (EDGES, None, {"key": "m"}, "key='m': edges has no such column"),
        (EDGES, None, {"gap": "m"}, "gap='m': edges has no such column"),
        (EDGES, None, {"sign": "m"}, "sign='m': edges has no such column; it has 'pre', 'post', 'n'$"),
        (EDGES, NODES, {"sign": "m"}, "sign='m': edges has no such column; .*, nor has nodes, which has 'id', 'type'"),
        (EDGES, NODES, {"per": "m"}, "per='m': nodes has no such column; it has 'id', 'type'"),
        (EDGES, None, {"per": "type"}, "per='type' names a column of nodes, and no nodes are given"),
        (EDGES, None, {"node": "id"}, "node='id' names a column of nodes, and no nodes are given"),
        (EDGES, NODES, {"node": "x"}, "node='x': nodes has no such column"),
        (EDGES, frame("x", ("a",)), {}, "nodes: the column of names: none is found; name it with node=; columns: 'x'"),
        (EDGES, frame("id name", ("a", "b")), {}, "of names: several columns may be it: 'id', 'name'; name it"),
        (EDGES, None, {"columns": {"x": "y"}}, "columns: 'x': edges has no such column; it has 'pre', 'post', 'n'$"),
        (EDGES, NODES, {"columns": {"x": None}}, "columns: 'x': edges has no such column; .*; nor has nodes"),
        (EDGES, None, {"columns": {"n": 3}}, "columns: 'n': 3 is neither the name of an attribute nor None"),
        (EDGES, None, {"columns": ["n"]}, r"columns=\['n'\] is not a dict such as {'tau_ms': 'tau', 'x': None}"),
        (EDGES, None, {"columns": {"n": "m"}, "count": "n"}, "columns: 'n' is the count column, which is nothing else"),
        (EDGES, None, {"columns": {"n": "m"}, "sign": "n"}, "columns: 'n' is the sign column, which is nothing else"),
        (EDGES.assign(m=1), None, {"columns": {"n": "m"}}, "edges: columns 'n' and 'm' are both 'm'; columns="),
        (EDGES.assign(scale=1), None, {"count": "n"}, "is the attribute 'scale', which count='n' makes as well: "),
        (EDGES.assign(sign=1), None, {"sign": "n"}, "'sign' is the attribute 'sign', which sign='n' makes as well"),
        (EDGES.assign(tie=1), NODES, {"per": "type"}, "edges: column 'tie' is the attribute 'tie', which per="),
        (EDGES, NODES.assign(tie=1), {"per": "type"}, "nodes: column 'tie' is the attribute 'tie', which per="),
        (EDGES.assign(tau=1), None, {}, r"tau is an attribute of nodes; columns={'tau': '...'} gives it another"),
        (EDGES, NODES.assign(weight=1), {}, "nodes: column 'weight': weight is an attribute of edges; columns="),
        (EDGES.assign(Weights=1), None, {}, r"edges have no attribute 'Weights': was 'weight' meant\? columns={'W"),
        (EDGES, None, {"min_count": -1}, "min_count=-1 is not a number >= 0"),
        (EDGES, None, {"min_count": "2"}, "min_count='2' is not a number >= 0"),
        (EDGES, None, {"min_count": 2}, "min_count=2 needs count=, the column that it is about"),
        (EDGES, None, {"signs": {"a": 1}}, "signs= needs sign=, the column that has the words"),
        (EDGES, None, {"unlisted": "keep"}, "unlisted='keep' is neither 'error' nor 'drop'"),
    ],
)  # fmt: skip
def test_columns_and_settings_that_do_not_fit(edges: Any, nodes: Any, options: dict[str, Any], says: str) -> None:
    with pytest.raises(gn.GraphError, match=says):
        from_tables(edges, nodes, **options)


def test_several_problems_are_listed_at_once() -> None:
    with pytest.raises(gn.GraphError) as error:
        from_tables(EDGES, NODES, count="a", key="b", per="c")
    assert len(error.value.problems) == 3


def test_a_keyword_that_does_not_exist_is_refused_with_the_one_that_was_meant() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'mincount'; did you mean 'min_count'"):
        from_tables(EDGES, mincount=2)


def test_a_column_on_the_other_side_may_have_the_name_of_the_count() -> None:
    table = from_tables(EDGES, NODES.assign(n=5), count="n", columns={"n": "size"})
    assert edges_of(table) == {("a", "b"): {"scale": 1.0}}
    assert table.node_frame()["size"].tolist() == [5, 5]


# what comes out


def test_where_it_came_from_is_in_its_attributes(tmp_path: Path) -> None:
    EDGES.to_csv(tmp_path / "e.csv", index=False)
    table = from_tables(tmp_path / "e.csv", NODES, count="n", min_count=1, columns={"type": "kind"})
    said = table.attributes["from_tables"]
    assert json.loads(json.dumps(said)) == said
    assert said == {
        "edges": str(tmp_path / "e.csv"),
        "nodes": None,
        "source": "pre",
        "target": "post",
        "node": "id",
        "key": None,
        "count": "n",
        "gap": None,
        "sign": None,
        "per": None,
        "min_count": 1.0,
        "signs": {},
        "columns": {"type": "kind"},
        "rows": 1,
        "dropped": {"unlisted": 0, "count": 0, "min_count": 0},
        "unknown_words": {},
    }
    gn.write_graph(table, tmp_path / "g.json")
    assert gn.read_graph(tmp_path / "g.json").graph["from_tables"] == said


def test_frames_of_a_drawing_give_it_back() -> None:
    rows = frame("pre post n g nt", ("a", "b", 2, None, "x"), ("b", "c", None, 3, None), ("c", "b", 1, 3, "y"))
    nodes = frame("id type tau", ("a", "s", 1.5), ("b", "t", None), ("c", None, 2))
    table = from_tables(rows, nodes, count="n", gap="g", sign="nt", signs={"x": -1, "y": 1}, per="type")
    again = from_tables(table.edge_frame(), table.node_frame(), key="key")
    assert nx.utils.edges_equal(
        again.to_networkx().edges(keys=True, data=True), table.to_networkx().edges(keys=True, data=True)
    )
    assert dict(again.to_networkx().nodes(data=True)) == dict(table.to_networkx().nodes(data=True))


def test_empty_tables() -> None:
    assert from_tables(frame("pre post")).n_nodes == 0
    table = from_tables(frame("pre post n nt g"), NODES, count="n", sign="nt", gap="g", per="type")
    assert (table.n_nodes, table.n_edges) == (2, 0)


def worm_tables() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the synapses of *C. elegans*, chemical and gap junctions with transmitters, and its neurons."""
    graph = gn.read_graph(ROOT / "examples" / "data" / "celegans.json")
    nodes = pd.DataFrame([{"name": node, "kind": said["kind"]} for node, said in graph.nodes(data=True)])
    return pd.DataFrame([{"pre": u, "post": v, **said} for u, v, said in graph.edges(data=True)]), nodes


WORM: dict[str, Any] = {
    "count": "chemical",
    "gap": "gap",
    "sign": "transmitter",
    "signs": {"gaba": -1, "acetylcholine": 1, "glutamate": 1},
}


@pytest.mark.filterwarnings("ignore::graphnet.GraphWarning")
def test_a_worm_with_gap_junctions_trains_and_keeps_its_signs(tmp_path: Path) -> None:
    edges, nodes = worm_tables()
    edges.to_csv(tmp_path / "edges.csv", index=False, sep=";")
    nodes.to_csv(tmp_path / "neurons.csv", index=False)
    table = from_tables(tmp_path / "edges.csv", tmp_path / "neurons.csv", per="kind", **WORM)
    n_gaps = int(((edges["gap"] > 0) & (edges["pre"] < edges["post"])).sum())
    assert n_gaps == 1091
    assert table.n_edges == int((edges["chemical"] > 0).sum()) + 4 * n_gaps
    drawn = gn.graphs.with_readout(gn.graphs.with_inputs(table, 2, to_nodes=["ASEL", "ASER"]), 1, from_nodes=["AVAL"])
    net = gn.compile(drawn, seed=0, backend="reference")
    tied = [row.key for row in net.parameter_table() if row.kind == "weight" and row.tied]
    assert set(tied) == {said["tie"] for said in edges_of(table).values()}
    assert len(tied) == len(set(tied)) <= 16 + 10  # pairs of four kinds, and sorted ones
    inputs = np.random.default_rng(0).standard_normal((4, 5, 2))
    before = net.parameters.copy()
    gn.fit(net, inputs, np.ones((4, 5, 1)), epochs=20, learning_rate=0.3, progress=False)
    assert (net.parameters != before).any()
    trained = net.to_table()
    strength = (trained.edge("scale") * trained.edge("weight"))[: table.n_edges]
    signs = table.edge("sign")
    assert (strength * np.where(table.edge_gives("sign"), signs, 0) >= 0).all()
    assert {-1, 1} <= set(np.sign(strength[signs != 0]).tolist())


@pytest.mark.filterwarnings("ignore::graphnet.GraphWarning")
def test_a_worm_in_two_tables_is_the_worm_in_one() -> None:
    edges, nodes = worm_tables()
    chemical = edges.loc[edges["chemical"] > 0, ["pre", "post", "chemical", "transmitter"]]
    once = edges.loc[(edges["gap"] > 0) & (edges["pre"] < edges["post"]), ["pre", "post", "gap"]]
    one = from_tables(edges, nodes, **WORM)
    two = from_tables(pd.concat([chemical, once]), nodes, **WORM)
    assert edges_of(one) == edges_of(two)
    assert one.attributes["from_tables"]["dropped"] == {"unlisted": 0, "count": 0, "min_count": 0, "gap": 14}


def flywire() -> pd.DataFrame:
    """Return rows with the columns of FlyWire's connections."""
    return pd.DataFrame(
        {
            "pre_root_id": [LARGE, LARGE, LARGE + 7, LARGE],
            "post_root_id": [LARGE + 7, LARGE + 7, LARGE, LARGE + 9],
            "neuropil": ["AL_L", "LH_L", "AL_L", "AL_L"],
            "syn_count": [5, 12, 7, 3],
            "nt_type": ["GABA", "ACH", "ACH", "DA"],
        }
    )


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".parquet", ".feather"])
def test_flywire(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"connections{suffix}"
    kind = suffix.split(".")[1]
    getattr(flywire(), f"to_{kind}")(path, **({"index": False} if kind == "csv" else {}))
    options = {"count": "syn_count", "sign": "nt_type", "signs": {"gaba": -1, "ach": 1, "da": 0}}
    a, b, c = LARGE, LARGE + 7, LARGE + 9
    assert edges_of(from_tables(path, min_count=5, **options)) == {
        (a, b): {"scale": 17.0, "sign": 1},
        (b, a): {"scale": 7.0, "sign": 1, "neuropil": "AL_L"},
    }
    assert edges_of(from_tables(path, key="neuropil", **options)) == {
        (a, b, "AL_L"): {"scale": -5.0, "sign": -1},
        (a, b, "LH_L"): {"scale": 12.0, "sign": 1},
        (b, a, "AL_L"): {"scale": 7.0, "sign": 1},
        (a, c, "AL_L"): {"scale": 3.0},
    }


def test_malecns(tmp_path: Path) -> None:
    rows = pd.DataFrame({"body_pre": [10001, 10002], "body_post": [10002, 10001], "weight": [12, 3]})
    rows.to_feather(tmp_path / "weights.feather")
    nodes = pd.DataFrame({"bodyId": [10002, 10001, 10003], "type": ["T4a", "T4b", None]})
    table = from_tables(tmp_path / "weights.feather", nodes, count="weight", per="type")
    assert table.nodes == [10002, 10001, 10003]
    assert edges_of(table) == {
        (10001, 10002): {"scale": 12.0, "tie": ("T4b", "T4a")},
        (10002, 10001): {"scale": 3.0, "tie": ("T4a", "T4b")},
    }
