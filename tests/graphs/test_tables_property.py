"""from_tables equals a naive reading, row by row, on random small tables."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn

from ..profiles import scaled
from .naive_tables import naive

SIGNS = {"GABA": -1, "ach": 1, "none": 0}
WORDS = st.sampled_from(["gaba", "Gaba", "ACH", "ach", "none", "dopamine", None])


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[dict[str, Any]], list[dict[str, Any]] | None, dict[str, Any]]:
    """Return rows of edges, rows of nodes or None, and options of `naive`."""
    names: list[Any] = draw(st.sampled_from([["c", "a", "b"], [7, 2**60 + 1, 2**60 + 2]]))
    names = names[: draw(st.integers(2, 3))]  # few, so that rows add up
    options = {
        "count": draw(st.sampled_from([True, True, False])),
        "key": draw(st.booleans()),
        "gap": draw(st.booleans()),
        "sign": draw(st.sampled_from([None, "edges", "edges", "nodes"])),
        "per": draw(st.booleans()),
        "min_count": 1,
    }
    if options["count"]:
        options["min_count"] = draw(st.sampled_from([0, 1, 2, 3]))
    has_nodes = options["per"] or options["sign"] == "nodes" or draw(st.booleans())
    nodes = None
    if has_nodes:
        listed = draw(st.permutations(names))[: draw(st.sampled_from([3, 3, 2, 1]))]
        nodes = [
            {
                "node": name,
                "word": draw(WORDS),
                "type": draw(st.sampled_from(["S", "T", None])),
                "sign": draw(st.sampled_from([-1, 0, 1, None])),
                "tau": draw(st.sampled_from([2.0, None])),
            }
            for name in listed
        ]
        options["drop"] = True
    agreed: dict[tuple[Any, ...], Any] = {}
    gaps: dict[frozenset[Any], int] = {}
    said: set[tuple[Any, Any]] = set()
    edges = []
    for _ in range(draw(st.sampled_from([0, 1, 3, 6, 12, 16]))):
        row: dict[str, Any] = {"source": draw(st.sampled_from(names)), "target": draw(st.sampled_from(names))}
        row["key"] = draw(st.sampled_from(["x", "y"]))
        row["count"] = draw(st.sampled_from([1, 2, 1, 3, 0.5, 0, None]))
        row["word"] = draw(WORDS)
        row["note"] = draw(st.sampled_from(["p", "q", None]))
        ends = row["source"], row["target"]
        # what a pair says more than once agrees
        row["delay"] = draw(st.sampled_from([agreed.setdefault((*ends, "delay"), draw(st.integers(1, 3))), None]))
        row["trainable"] = draw(st.sampled_from([agreed.setdefault((*ends, "t"), draw(st.booleans())), None]))
        row["gap"] = None
        if ends not in said and draw(st.booleans()):
            said.add(ends)
            row["gap"] = gaps.setdefault(frozenset(ends), draw(st.integers(1, 4)))
        edges.append(row)
    if not options["count"]:
        # without counts a synapse is said once
        once: dict[tuple[Any, ...], dict[str, Any]] = {}
        for i, row in enumerate(edges):
            is_gap = options["gap"] and row["gap"]
            once.setdefault(("gap", i) if is_gap else (row["source"], row["target"], row["key"] * options["key"]), row)
        edges = list(once.values())
    return edges, nodes, options


def typed(rows: list[dict[str, Any]], columns: list[str]) -> pd.DataFrame:
    """Return a frame whose whole numbers and booleans may be missing."""
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    kinds = {"count": "float64", "gap": "Int64", "delay": "Int64", "trainable": "boolean", "tau": "float64"}
    ids = {name: "int64" for name in ("source", "target", "node") if rows and isinstance(rows[0].get(name), int)}
    return frame.astype({name: kind for name, kind in (kinds | {"sign": "Int64"} | ids).items() if name in columns})


@given(tables())
@settings(max_examples=scaled(400))
def test_from_tables_is_the_naive_reading(
    drawn: tuple[list[dict[str, Any]], list[dict[str, Any]] | None, dict[str, Any]],
) -> None:
    edges, nodes, options = drawn
    expected_nodes, expected_edges = naive(edges, nodes, signs=SIGNS, **options)
    columns = ["source", "target", "word", "note", "delay", "trainable"]
    columns += [name for name in ("key", "count", "gap") if options[name]]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", gn.GraphWarning)
        table = gn.graphs.from_tables(
            typed(edges, columns).drop(columns=[] if options["sign"] == "edges" else ["word"]),
            None if nodes is None else typed(nodes, ["node", "word", "type", "sign", "tau"]),
            min_count=options["min_count"],
            sign="word" if options["sign"] else None,
            signs=SIGNS if options["sign"] else None,
            per="type" if options["per"] else None,
            unlisted="drop",
            **{name: name for name in ("key", "count", "gap") if options[name]},
        )
    graph = table.to_networkx()
    assert graph.is_multigraph() == (options["key"] or options["gap"])
    assert {node: dict(said) for node, said in graph.nodes(data=True)} == expected_nodes
    assert list(graph) == list(expected_nodes)
    found = (
        {(u, v, k): dict(said) for u, v, k, said in graph.edges(keys=True, data=True)}
        if graph.is_multigraph()
        else {(u, v, None): dict(said) for u, v, said in graph.edges(data=True)}
    )
    assert found == expected_edges
    # in the order of their first rows, gap junctions last
    keys = [(*key, None)[:3] for key in table.edge_keys()]
    assert keys == list(expected_edges)
