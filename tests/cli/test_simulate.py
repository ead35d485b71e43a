"""``graphnet simulate``."""

from __future__ import annotations

import csv

import networkx as nx
import numpy as np
import pytest
from graphnet_cli.outputs import name_columns
from graphnet_cli.verbs.simulate import resolve_node

import graphnet as gn


def load(path):
    with np.load(path, allow_pickle=False) as found:
        return {name: found[name] for name in found}


@pytest.mark.parametrize("kind", ["pulse", "noise", "sine"])
def test_made_input(call, drawing, kind):
    result = call("simulate", drawing, "--input", kind, "--steps", 30, "--samples", 2, "--seed", 5, "-o", "out.npz")
    assert (result.code, result.err) == (0, "")
    out = load("out.npz")
    net = gn.compile(gn.read_graph(drawing), seed=5)
    assert sorted(out) == ["output_nodes", "outputs", "x"]
    assert out["x"].shape == (2, 30, 2)
    assert out["outputs"].tolist() == net.run(out["x"]).tolist()
    assert out["output_nodes"].tolist() == ["('output', 0)", "('output', 1)", "('output', 2)"]
    if kind == "noise":
        assert abs(out["x"].std() - 1) < 0.2
        assert out["x"].tolist() == np.random.default_rng(5).normal(size=(2, 30, 2)).tolist()
    elif kind == "pulse":
        assert out["x"][:, 0].tolist() == [[1, 1], [1, 1]]
        assert not out["x"][:, 1:].any()
    else:
        assert out["x"][1, :, 1].tolist() == np.sin(2 * np.pi * np.arange(30) / 20).tolist()


def made(call, drawing, *options):
    """Return the inputs generated with these options, (n_samples, n_steps, n_inputs)."""
    result = call("simulate", drawing, "-o", "out.npz", "--seed", 5, *options)
    assert (result.code, result.err) == (0, "")
    return load("out.npz")["x"]


def test_the_shape_of_a_pulse(call, drawing):
    x = made(call, drawing, "--input", "pulse", "--steps", 5, "--at", 3, "--amplitude", -2.5, "--channel", 1)
    expected = np.zeros((1, 5, 2))
    expected[0, 3, 1] = -2.5
    assert x.tolist() == expected.tolist()
    assert made(call, drawing, "--input", "pulse", "--steps", 5, "--at", 4)[0, 4].tolist() == [1, 1]
    assert not made(call, drawing, "--input", "pulse", "--steps", 5, "--amplitude", 0).any()


def test_the_shape_of_a_sine(call, drawing):
    x = made(call, drawing, "--input", "sine", "--steps", 9, "--period", 8, "--amplitude", 3, "--samples", 2)
    np.testing.assert_allclose(x[1, :, 0], 3 * np.sin(np.pi / 4 * np.arange(9)), atol=1e-12)
    assert x[0, 2, 1] == 3
    x = made(call, drawing, "--input", "sine", "--steps", 9, "--period", 2.5, "--channel", 0)
    assert not x[:, :, 1].any()
    assert x[0, 5, 0] == pytest.approx(0, abs=1e-12)


def test_the_shape_of_noise(call, drawing):
    noise = made(call, drawing, "--input", "noise", "--steps", 50)
    louder = made(call, drawing, "--input", "noise", "--steps", 50, "--amplitude", 0.5, "--channel", 1)
    assert louder[:, :, 1].tolist() == (0.5 * noise[:, :, 1]).tolist()
    assert not louder[:, :, 0].any()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--input", "noise", "--period", "3"], "--period is for --input sine, not for noise"),
        (["--input", "sine", "--at", "3"], "--at is for --input pulse, not for sine"),
        (["--input", "x.npz", "--amplitude", "3"], "--amplitude is for --input pulse or noise or sine, not for x.npz"),
        (["--input", "x.npz", "--channel", "0"], "--channel is for --input pulse or noise or sine, not for x.npz"),
        (["--input", "pulse", "--at", "6"], "--at 6 is past the last of 6 steps, 5"),
        (["--input", "pulse", "--at", "-1"], "Invalid value for '--at'"),
        (
            ["--input", "pulse", "--channel", "2"],
            "'--channel': 2 is not an input of the network; its inputs are 0 to 1",
        ),
        (["--input", "pulse", "--amplitude", "inf"], "Invalid value for '--amplitude': 'inf' is not a finite number"),
        (["--input", "sine", "--period", "0"], "Invalid value for '--period': '0' is not a number in (0, inf)"),
        (["--input", "pulse", "-o", "out.txt"], "'-o': out.txt: results are written to .npz or .csv"),
        (["--input", "pulse", "-o", "out"], "'-o': out: results are written to .npz or .csv"),
    ],
)
def test_options_that_do_not_go_together(call, drawing, here, options, says):
    result = call("simulate", drawing, "--steps", 6, "-o", "out.npz", *options)
    assert (result.code, result.out) == (2, "")
    assert says in result.err
    assert [path.name for path in here.iterdir()] == [drawing]


def test_a_table_has_a_row_for_each_step_that_a_sequence_has(call, drawing, classes):
    typed = ["--input", classes, "--steps", 4, "--samples", 5, "--seed", 0, "--record", "('hidden', 3)"]
    assert call("simulate", drawing, *typed, "-o", "out.npz").code == 0
    result = call("simulate", drawing, *typed, "-o", "out.CSV", "--json")
    assert (result.code, result.json()["output"]) == (0, "out.CSV")
    arrays = load("out.npz")
    with open("out.CSV", newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["sequence", "step", "('output', 0)", "('output', 1)", "('output', 2)", "('hidden', 3)"]
    assert arrays["lengths"].tolist() == [1, 2, 3, 4, 4]
    there = [(sample, step) for sample, length in enumerate(arrays["lengths"]) for step in range(length)]
    assert [(int(sequence), int(step)) for sequence, step, *_ in rows] == there
    values = np.concatenate([arrays["outputs"], arrays["recorded"]], axis=2)
    assert [[float(value) for value in row[2:]] for row in rows] == [values[place].tolist() for place in there]


def test_a_table_has_a_column_once(call, drawing):
    typed = ["--record", "('output', 1)", "--record", "('hidden', 0)", "--record", "('hidden',0)"]
    assert call("simulate", drawing, "--input", "sine", "--steps", 3, "-o", "out.csv", *typed).code == 0
    with open("out.csv", newline="") as file:
        header = next(csv.reader(file))
    assert header == ["sequence", "step", "('output', 0)", "('output', 1)", "('output', 2)", "('hidden', 0)"]


def test_names_of_columns_differ():
    taken = ["sequence", "step"]
    assert name_columns(["step", 1, "1", ("a", 1)], taken) == ["'step'", "1", "'1'", "('a', 1)"]
    assert name_columns(["'1'", 1, "1"], taken) == ["'1'", "1", "1 (2)"]


def test_a_node_is_recorded_once(call, drawing):
    typed = ["--record", "('hidden', 0)", "--record", "('hidden',0)"]
    assert call("simulate", drawing, "--input", "sine", "--steps", 3, "-o", "out.npz", *typed).code == 0
    assert load("out.npz")["recorded"].shape == (1, 3, 1)


def test_input_from_a_file_with_lengths(call, drawing, classes):
    result = call(
        "simulate", drawing, "--input", classes, "--steps", 4, "--samples", 7, "--seed", 0, "-o", "out.npz", "--json"
    )
    data, out = load(classes), load("out.npz")
    assert out["x"].tolist() == data["x"][:7, :4].tolist()
    assert out["lengths"].tolist() == [1, 2, 3, 4, 4, 4, 1]
    net = gn.compile(gn.read_graph(drawing), seed=0)
    assert out["outputs"].tolist() == net.run(out["x"], lengths=out["lengths"]).tolist()
    assert result.json() == {
        "network": drawing,
        "input": classes,
        "output": "out.npz",
        "samples": 7,
        "steps": 4,
        "outputs": 3,
        "recorded": [],
        "seed": 0,
        "seed_drawn": False,
        "not_finite": 0,
    }


def test_what_simulate_wrote_can_be_its_input(call, drawing):
    call("simulate", drawing, "--input", "noise", "--steps", 5, "--seed", 5, "-o", "one.npz")
    assert call("simulate", drawing, "--input", "one.npz", "--seed", 5, "-o", "two.npz").code == 0
    assert load("one.npz")["outputs"].tolist() == load("two.npz")["outputs"].tolist()


def test_a_run_and_a_saved_network(call, trained, numbers):
    net = gn.load(f"{trained}/network.safetensors")
    for network in (trained, f"{trained}/network.safetensors"):
        assert call("simulate", network, "--input", numbers, "-o", "out.npz").code == 0
        assert load("out.npz")["outputs"].tolist() == net.run(load(numbers)["x"]).tolist()


def test_recorded_nodes(call, drawing):
    names = ["('hidden', 3)", "('input', 0)", '("hidden",0)']
    records = [part for name in names for part in ("--record", name)]
    result = call("simulate", drawing, "--input", "noise", "--steps", 5, "--seed", 1, *records, "-o", "out.npz")
    assert "recorded  ('hidden', 3), ('input', 0), ('hidden', 0)\n" in result.out
    out = load("out.npz")
    nodes = [("hidden", 3), ("input", 0), ("hidden", 0)]
    run = gn.compile(gn.read_graph(drawing), seed=1).run(out["x"], record=nodes)
    assert out["recorded_nodes"].tolist() == [str(node) for node in nodes]
    assert out["recorded"].shape == (1, 5, 3)
    assert out["recorded"].tolist() == np.stack([run.recorded[node] for node in nodes], axis=2).tolist()


def test_a_seed_that_is_ours_is_printed_and_repeats_the_run(call, drawing):
    first = call("simulate", drawing, "--input", "noise", "--steps", 5, "-o", "one.npz", "--json").json()
    assert first["seed_drawn"] is True
    result = call("simulate", drawing, "--input", "noise", "--steps", 5, "-o", "two.npz", "--seed", first["seed"])
    assert f"seed     {first['seed']}\n" in result.out
    assert load("one.npz")["outputs"].tolist() == load("two.npz")["outputs"].tolist()
    line = call("simulate", drawing, "--input", "noise", "--steps", 5, "-o", "two.npz").out.splitlines()[-1]
    drawn = line.split()[1]
    assert line == f"seed     {drawn} (drawn; --seed {drawn} repeats it)"
    assert load("one.npz")["outputs"].tolist() != load("two.npz")["outputs"].tolist()


def test_the_node_of_a_name():
    nodes = ["a", "1", 1, 2.5, ("a", 1), ("a", ("b", 2)), "('a', 3)", frozenset({4})]
    for name, node in {
        "a": "a",
        "1": "1",
        "2.5": 2.5,
        "('a', 1)": ("a", 1),
        "('a',1)": ("a", 1),
        "('a', ('b', 2))": ("a", ("b", 2)),
        "('a', 3)": "('a', 3)",
        "frozenset({4})": frozenset({4}),
    }.items():
        found = resolve_node(name, nodes)
        assert (found, type(found)) == (node, type(node))
    assert resolve_node("1", [1]) == 1
    assert resolve_node("'1'", ["1", 1]) == "1"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("('hiden', 1)", "similar nodes are ('hidden', 1)"),
        ("zzz", "its nodes are ('input', 0), ('input', 1), ('hidden', 0), ('hidden', 1), ('hidden', 2), ..."),
        ("[1]", "its nodes are"),
        ("\\d(", "its nodes are"),
    ],
)
def test_a_node_that_is_none(call, drawing, name, near):
    result = call("simulate", drawing, "--input", "pulse", "--steps", 3, "--record", name, "-o", "out.npz")
    assert result.code == 2
    assert f"graphnet: error: Invalid value for '--record': {name!r} is not a node of the graph; {near}" in result.err


def test_input_that_does_not_fit(call, drawing, here):
    np.savez("x.npz", x=np.zeros((2, 3, 5)))
    result = call("simulate", drawing, "--input", "x.npz", "-o", "out.npz")
    assert result.code == 3
    assert result.err.startswith(
        "graphnet: error: net.json on x.npz: inputs have shape (2, 3, 5), not (n_samples, n_steps, 2)"
    )
    np.savez("x.npz", x=np.full((2, 3, 2), np.nan))
    assert "inputs at sample 0, step 0, column 0" in call("simulate", drawing, "--input", "x.npz", "-o", "out.npz").err
    np.savez("x.npz", x=np.zeros((2, 3, 2)))
    result = call("simulate", drawing, "--input", "x.npz", "--steps", 4, "-o", "out.npz")
    assert (result.code, result.err) == (3, "graphnet: error: x.npz: it has 3 steps, fewer than --steps 4\n")
    result = call("simulate", drawing, "--input", "y.npz", "-o", "out.npz")
    assert (result.code, result.err) == (3, "graphnet: error: y.npz: no such file\n")
    assert not (here / "out.npz").exists()


def test_networks_that_are_none(call, here):
    (here / "empty").mkdir()
    (here / "broken.safetensors").write_text("no")
    for network, says in (
        ("empty", "empty: the folder is not a run: it has no settings.json"),
        ("broken.safetensors", "broken.safetensors: not a complete safetensors file"),
        ("none.json", "none.json: no such file"),
    ):
        result = call("simulate", network, "--input", "pulse", "--steps", 3, "-o", "out.npz")
        assert result.code == 3
        assert result.err.startswith(f"graphnet: error: {says}")


def test_an_output_that_cannot_be_written(call, drawing):
    result = call("simulate", drawing, "--input", "pulse", "--steps", 3, "-o", "nowhere/out.npz")
    assert result.code == 3
    assert result.err.startswith("graphnet: error: nowhere/out.npz: there is no folder ")


def test_outputs_that_overflow_are_counted(call, here):
    graph = nx.DiGraph([("x", "y", {"weight": 1.0}), ("y", "y", {"weight": 1e200, "delay": 1})])
    graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
    gn.write_graph(graph, "net.json")
    result = call("simulate", "net.json", "--input", "pulse", "--steps", 4, "-o", "out.npz", "--json")
    assert (result.code, result.json()["not_finite"]) == (0, 2)


def test_from_the_steady_state(call, here):
    """Under the inputs of the first step: with constant inputs nothing moves."""
    drawing = "reservoir.json"
    gn.write_graph(gn.graphs.echo_state(2, 20, 3, leak=0.5, density=0.3, seed=0), drawing)
    np.savez("x.npz", x=np.full((2, 4, 2), 0.5))
    plain = call("simulate", drawing, "--input", "x.npz", "--seed", 5, "-o", "plain.npz")
    settled = call("simulate", drawing, "--input", "x.npz", "--settle", "--seed", 5, "-o", "settled.npz")
    assert (plain.code, settled.code, settled.err) == (0, 0, "")
    net = gn.compile(gn.read_graph(drawing), seed=5)
    expected = net.run(np.full((2, 4, 2), 0.5), state=net.settle(np.full((2, 2), 0.5)))
    assert load("settled.npz")["outputs"].tolist() == expected.tolist()
    assert np.ptp(load("settled.npz")["outputs"], axis=1).max() < 1e-5
    assert np.ptp(load("plain.npz")["outputs"], axis=1).max() > 1e-3


def test_what_does_not_settle_is_named_with_its_file(call, here):
    graph = nx.DiGraph([("y", "y", {"weight": -1.0})])
    graph.add_node("y", role="output", initial=1.0)
    gn.write_graph(graph, "net.json")
    result = call("simulate", "net.json", "--input", "pulse", "--steps", 3, "--settle", "-o", "out.npz")
    assert result.code == 3
    assert "settle: 'y', in sample 0, still moves by 2 " in result.err


def test_columns_and_rows_of_a_table_are_chosen_as_for_predict(call, here):
    gn.write_graph(gn.graphs.elman(1, 2, 1), "one.json")
    (here / "series.csv").write_text("year,spots\n1700,5\n1701,11\n1702,16\n1703,23\n")
    options = ("--x", "spots", "--where", "year<1703", "--seed", 0, "-o", "out.npz")
    assert call("simulate", "one.json", "--input", "series.csv", *options).code == 0
    with np.load(here / "out.npz") as found:
        assert found["x"].ravel().tolist() == [5.0, 11.0, 16.0]
    # of a run as it was trained
    trained = ("--x", "spots", "--ahead", 1, "--epochs", 1, "--seed", 0)
    assert call("train", "one.json", "series.csv", "-o", "run", *trained).code == 0
    assert call("simulate", "run", "--input", "series.csv", "--where", "year>1701", "-o", "out.npz").code == 0
    with np.load(here / "out.npz") as found:
        assert found["x"].ravel().tolist() == [16.0, 23.0]
    result = call("simulate", "one.json", "--input", "pulse", "--steps", 3, "--where", "year<3", "-o", "out.npz")
    assert (result.code, "--where is for --input FILE, not for pulse" in result.err) == (2, True)
