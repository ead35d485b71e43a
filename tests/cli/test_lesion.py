"""``graphnet lesion``: losses without neurons, as a table and as JSON, and what it refuses."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import graphnet as gn


@pytest.fixture
def typed(call, here, classes):
    """``run``: an epoch of a drawing whose neurons have types."""
    graph = gn.graphs.elman(2, 4, 3)
    nx.set_node_attributes(graph, {("hidden", i): "even" if i % 2 == 0 else "odd" for i in range(4)}, "type")
    gn.write_graph(graph, "typed.json")
    assert call("train", "typed.json", classes, "-o", "run", "--epochs", 1, "--seed", 1).code == 0
    return "run"


def wanted(data, **given):
    with np.load(data) as arrays:
        net = gn.open_run("run").network()
        return gn.analysis.lesions(
            net, arrays["x"], arrays["y"], lengths=arrays["lengths"], loss="cross_entropy", **given
        )


def test_a_table(call, typed, classes):
    result = call("lesion", "run", classes)
    frame = wanted(classes)
    assert (result.code, result.err) == (0, "")
    lines = [line.split() for line in result.out.splitlines()]
    assert lines[0] == ["removed", "loss", "change"]
    assert lines[1] == ["whole", "(cross_entropy)", f"{frame['loss'][0]:.6g}"]
    assert [line[0] for line in lines[2:]] == ["direct", "lateral", "indirect", "all"]
    assert lines[2] == ["direct", f"{frame['loss'][1]:.6g}", f"{frame['change'][1]:+.6g}"]


@pytest.mark.parametrize("of", ["feedback", "neurons", "type"])
def test_json(call, typed, classes, of):
    result = call("lesion", "run", classes, "--of", of, "--json")
    assert result.code == 0
    found, frame = result.json(), wanted(classes, of=of)
    assert {name: found[name] for name in ("run", "data", "of", "measured")} == {
        "run": "run",
        "data": classes,
        "of": of,
        "measured": "cross_entropy",
    }
    assert [row["loss"] for row in found["lesions"]] == frame["loss"].tolist()
    assert [row["change"] for row in found["lesions"]] == frame["change"].tolist()
    names = [list(name) if isinstance(name, tuple) else name for name in frame["removed"]]
    assert [row["removed"] for row in found["lesions"]] == names


@pytest.mark.costly
def test_processes_give_the_same(call, typed, classes):
    assert call("lesion", "run", classes, "--executor", "processes:1").out == call("lesion", "run", classes).out


def test_what_is_refused(call, typed, classes):
    result = call("lesion", "run", classes, "--of", "typ")
    assert result.code == 3
    assert "graphnet: error: run on classes.npz: of: 'typ'; must be 'feedback', 'neurons', an attribute" in result.err
    assert "did you mean 'type'?" in result.err
    for wrong in ("2", "processes", "processes:0", "processes:x", "dask://here"):
        result = call("lesion", "run", classes, "--executor", wrong)
        assert result.code == 2
        assert f"'{wrong}' is none of processes:N with a whole number N >= 1, such as processes:2" in result.err
    with open("own.py", "w") as file:
        file.write("")
    result = call("--import", "own.py", "lesion", "run", classes, "--executor", "processes:2")
    assert result.code == 2
    assert "other processes do not run the files of --import; leave one of the two out" in result.err
    with np.load(classes) as arrays:
        np.savez("weighed.npz", **arrays, weights=np.ones(len(arrays["x"])))
    result = call("lesion", "run", "weighed.npz")
    assert result.code == 3
    assert "weights of samples or steps do not count in a lesion; leave them out of the data" in result.err
