"""``graphnet connectome``: from tables to a drawing that trains."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import graphnet as gn

pytestmark = pytest.mark.filterwarnings("ignore::graphnet.GraphWarning")  # of the same call in Python


@pytest.fixture
def tables(here):
    """``edges.csv`` and ``neurons.csv`` of a small nervous system, as a spreadsheet exports them."""
    Path("edges.csv").write_text(
        "\ufeffpre;post;n;nt;g\nA1;B1;1,200;ACh;\nA2;B1;3;GABA;\nB1;C1;4;ACh;\nA2;B1;2;GABA;\nB1;C2;;ACh;2\nC1;A1;5;dopa;\n"
        "C2;C1;0;ACh;\nX;A1;9;ACh;\n",
        encoding="utf-8",
    )
    Path("neurons.csv").write_text(
        "id,kind,column,tau_ms\nA1,sensory,1,2.0\nA2,sensory,2,\nB1,inter,,3.0\nC1,motor,,\nC2,motor,,\n"
    )
    return "edges.csv"


ALL = [
    *("--nodes", "neurons.csv", "--count", "n", "--gap", "g", "--sign", "nt", "--signs", "gaba=-1,ach=+1"),
    *("--per", "kind", "--column", "tau_ms=tau", "--unlisted", "drop"),
]


def drawn():
    """Return the drawing that Python makes of the tables."""
    return gn.graphs.from_tables(
        "edges.csv",
        "neurons.csv",
        count="n",
        gap="g",
        sign="nt",
        signs={"gaba": -1, "ach": 1},
        per="kind",
        columns={"tau_ms": "tau"},
        unlisted="drop",
    )


def test_a_connectome_with_everything(call, tables):
    result = call("connectome", tables, "-o", "net.json", *ALL)
    assert result.code == 0
    assert result.out.splitlines() == [
        "file      net.json",
        "neurons   5",
        "synapses  8",
        "inputs    0",
        "outputs   0",
        "rows      8",
        "dropped   1 rows of neurons that NODES lacks, 1 rows without a count",
    ]
    assert result.err.splitlines() == [
        "graphnet: note: neurons.csv lacks 1 of the neurons in edges.csv: 'X'; 1 of 8 edges are left out with them",
        "graphnet: note: 1 of 8 rows are dropped: their count is 0 or missing",
        "graphnet: note: column 'nt': 1 word without a sign in signs=, on 1 rows: 'dopa' (1); they are free of signs",
    ]
    expected, found = drawn().to_networkx(), gn.read_graph("net.json")
    assert dict(found.nodes(data=True)) == dict(expected.nodes(data=True))
    assert list(found.edges(keys=True, data=True)) == list(expected.edges(keys=True, data=True))
    assert found.edges["A1", "B1", 0] == {"scale": 1200.0, "sign": 1, "tie": ("sensory", "inter")}
    assert found.graph["from_tables"]["edges"] == "edges.csv"
    assert call("--quiet", "connectome", tables, "-o", "net.json", *ALL).err == ""


def test_json(call, tables):
    found = call(
        "connectome", tables, "-o", "net.json", "--count", "n", "--min-count", 5, "--column", "g=", "--json"
    ).json()
    assert found == {
        "file": "net.json",
        "neurons": 6,
        "synapses": 4,
        "inputs": 0,
        "outputs": 0,
        "rows": 8,
        "dropped": {"unlisted": 0, "count": 2, "min_count": 1},
        "unknown_words": {},
    }
    assert "g" not in next(iter(gn.read_graph("net.json").edges(data=True)))[-1]


def test_columns_by_name(call, here):
    Path("e.tsv").write_text("from\tto\tk\na\tb\t1\na\tb\t2\n")
    Path("n.csv").write_text("cell\nb\na\n")
    typed = ["--source", "from", "--target", "to", "--key", "k", "--node", "cell", "--nodes", "n.csv"]
    assert call("connectome", "e.tsv", "-o", "net.graphml", *typed).code == 0
    graph = gn.read_graph("net.graphml")
    assert list(graph) == ["b", "a"]
    assert list(graph.edges(keys=True)) == [("a", "b", 1), ("a", "b", 2)]


def test_inputs_and_outputs(call, tables):
    typed = ["--inputs", 2, "--to", "kind=sensory", "--outputs", 1, "--from", "kind=inter, motor"]
    assert call("connectome", tables, "-o", "net.json", *ALL, *typed).code == 0
    graph = gn.read_graph("net.json")
    assert {(u, v) for u, v, _ in graph.edges if u[0] == "input"} == {
        (("input", i), node) for i in range(2) for node in ("A1", "A2")
    }
    assert {u for u, v, _ in graph.edges if v == ("output", 0)} == {"B1", "C1", "C2"}


def test_inputs_by_an_attribute(call, tables):
    typed = ["--inputs", 2, "--to", "kind=sensory", "--by-input", "column", "--outputs", 3, "--by-output", "kind"]
    assert call("connectome", tables, "-o", "net.json", *ALL, *typed).code == 0
    graph = gn.read_graph("net.json")
    assert {(u, v) for u, v, _ in graph.edges if u[0] == "input"} == {(("input", 0), "A1"), (("input", 1), "A2")}
    assert {u for u, v, _ in graph.edges if v == ("output", 1)} == {"C1", "C2"}
    # a number of the table is found by what is written
    assert call("connectome", tables, "-o", "net.json", *ALL, "--inputs", 1, "--to", "column=2").code == 0
    assert list(gn.read_graph("net.json").successors(("input", 0))) == ["A2"]
    typed = ["--inputs", 2, "--by-input", "kind,column"]
    assert call("connectome", tables, "-o", "net.json", *ALL, *typed).code == 0
    assert list(gn.read_graph("net.json").successors(("input", 1))) == ["A2"]


@pytest.mark.costly
def test_a_connectome_trains(call, tables):
    typed = ["--inputs", 2, "--to", "kind=sensory", "--outputs", 1, "--from", "kind=motor"]
    assert call("connectome", tables, "-o", "net.json", *ALL, *typed).code == 0
    x = np.random.default_rng(0).standard_normal((10, 4, 2))
    np.savez("data.npz", x=x, y=x.mean(axis=2, keepdims=True))
    assert call("train", "net.json", "data.npz", "-o", "run", "--epochs", 2).code == 0


def test_a_file_of_columns(call, tables):
    assert call("connectome", tables, "-o", "net.safetensors", *ALL).code == 0
    table = gn.read_graph("net.safetensors")
    assert isinstance(table, gn.GraphTable)
    pd.testing.assert_frame_equal(table.edge_frame(), drawn().edge_frame())


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["--count", "m"], "--count='m': edges.csv has no such column; it has 'pre', 'post', 'n', 'nt', 'g'"),
        ([], "edges.csv: line 5: 'A2' -> 'B1' repeats line 3: name the column of counts to add up with --count=, or"),
        (["--count", "n", "--nodes", "neurons.csv"], "add them, or leave these edges out with --unlisted='drop'"),
        (
            ["--count", "n", "--column", "nt=tau"],
            "tau is an attribute of nodes; --column nt=NAME gives it another name, --col",
        ),
        (["--min-count", "2"], "--min-count=2.0 needs --count=, the column that it is about"),
        (["--signs", "a=1"], "--signs= needs --sign=, the column that has the words"),
        (["--count", "n", "--nodes", "nothing.csv"], "nothing.csv: no such file"),
        ([*ALL, "--inputs", "1", "--to", "kind=sensry"], "--to: no node has kind='sensry'; was 'sensory' meant?"),
        ([*ALL, "--outputs", "1", "--from", "kid=motor"], "--from: no node has the attribute 'kid'; was 'kind' meant?"),
        (
            [*ALL, "--inputs", "5", "--by-input", "kind"],
            "--inputs=5, but the nodes chosen have 3 distinct values of 'kind'",
        ),
    ],
)
def test_tables_that_do_not_fit(call, tables, typed, says):
    result = call("connectome", tables, "-o", "net.json", *typed)
    assert (result.code, result.out) == (3, "")
    assert says in result.err
    assert all(line.startswith("graphnet: ") for line in result.err.splitlines())
    assert not Path("net.json").exists()


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        (["-o", "net.json"], "Missing argument 'EDGES'"),
        (["edges.csv"], "Missing option '-o'"),
        (["edges.csv", "-o", "net.json", "--signs", "gaba"], "'gaba' is not WORD=SIGN with a sign of -1, 0 or 1"),
        (["edges.csv", "-o", "net.json", "--signs", "a=2"], "'a=2' is not WORD=SIGN"),
        (["edges.csv", "-o", "net.json", "--column", "tau"], "'tau' is not NAME=VALUE"),
        (["edges.csv", "-o", "net.json", "--to", "kind="], "'kind=' is not NAME=VALUE"),
        (["edges.csv", "-o", "net.json", "--min-count", "-1"], "'-1' is not a number in [0, inf)"),
        (["edges.csv", "-o", "net.json", "--to", "a=b"], "--to needs --inputs, the number of nodes to add"),
        (
            ["edges.csv", "-o", "net.json", "--by-output", "a"],
            "--by-output needs --outputs, the number of nodes to add",
        ),
        (["edges.csv", "-o", "net.json", "--inputs", "0"], "Invalid value for '--inputs'"),
        (["edges.csv", "-o", "net.json", "--unlisted", "keep"], "'keep' is not one of 'error', 'drop'"),
    ],
)
def test_wrong_usage(call, here, typed, says):
    result = call("connectome", *typed)
    assert (result.code, result.out) == (2, "")
    assert says in result.err


def test_a_format_that_does_not_exist(call, tables, here):
    result = call("connectome", tables, "-o", "net.doc", "--count", "n")
    assert result.code == 3
    assert "net.doc: graphs are not read from or written to files named .doc" in result.err
