"""``graphnet check-gradients``."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.testing import check_gradients, redraw_parameters

CUBE = """\
import graphnet as gn

gn.activations.register("cube", lambda z: z**3, lambda z: {derivative})
"""


@pytest.fixture
def cubic(here):
    """``my.json``, whose neuron ``pyramidal`` has the activation ``cube`` of one's own."""
    drawing = nx.DiGraph()
    drawing.add_node("x", role="input")
    drawing.add_node("pyramidal", activation="cube", bias=0.0)
    drawing.add_node("y", role="output", activation="identity")
    drawing.add_edges_from([("x", "pyramidal", {"weight": 1.0}), ("pyramidal", "y", {"weight": 1.0})])
    gn.activations.register("cube", lambda z: z**3, lambda z: 3 * z**2)
    gn.write_graph(drawing, "my.json")
    return "my.json"


def lines_of(result):
    """Return the printed lines as {text before the first two spaces: the rest}, and the cells of the table's rows."""
    head, _, rest = result.out.partition("\n\n")
    table, _, below = rest.partition("\n\n")
    found = dict(line.split("  ", 1) for line in head.splitlines())
    rows = [[part.strip() for part in line.split("  ") if part] for line in table.splitlines()]
    return {name: text.strip() for name, text in found.items()}, rows, below


def test_a_drawing_whose_gradients_agree(call, drawing):
    result = call("check-gradients", drawing, "--seed", 5)
    assert (result.code, result.err) == (0, "")
    found, (header, *rows), below = lines_of(result)
    expected = check_gradients(gn.compile(gn.read_graph(drawing), seed=5), seed=5)
    assert found == {
        "network": drawing,
        "seed": "5",
        "own weights": f"agrees, largest error {expected.largest_error:.1e}, {len(expected.entries)} gradients, "
        "batch of 3 x 8 steps",
    }
    assert header == ["draw", "kind", "name", "backward", "complex step", "error"]
    assert len(rows) == 10
    for row, entry in zip(rows, expected.entries, strict=False):
        values = [f"{entry.backward:.12g}", f"{entry.complex_step:.12g}", f"{entry.error:.1e}"]
        assert row == ["own weights", entry.kind, entry.name, *values]
    assert below == ""


def test_other_weights_lengths_and_batches(call, drawing):
    arguments = ("check-gradients", drawing, "--random", 6, "--samples", 4, "--steps", 5, "--seed", 2, "--json")
    result = call(*arguments)
    assert (result.code, result.err) == (0, "")
    found = result.json()
    assert found.pop("draws")[0]["name"] == "own weights"
    draws = result.json()["draws"]
    assert found == {
        "network": drawing,
        "data": None,
        "loss": None,
        "seed": 2,
        "seed_drawn": False,
        "ok": True,
        "wrong": 0,
        "compared": sum(there["compared"] for draw in draws for there in draw["report"]["totals"].values()),
    }
    assert [draw["name"] for draw in draws[1:]] == [f"draw {i}" for i in range(1, 7)]
    assert (draws[0]["samples"], draws[0]["steps"]) == (4, 5)
    assert len({(draw["samples"], draw["steps"]) for draw in draws}) > 3
    assert all(1 <= draw["samples"] <= 4 and 1 <= draw["steps"] <= 5 for draw in draws)
    # a row has all that is needed to repeat the check in Python
    net = gn.compile(gn.read_graph(drawing), seed=2)
    own = net.parameters
    for i, draw in enumerate(draws):
        net.parameters = own
        if i:
            net.parameters = redraw_parameters(net, draw["seed"])
        report = check_gradients(net, seed=draw["seed"], n_samples=draw["samples"], n_steps=draw["steps"])
        assert draw["report"] == report.as_json()
    assert call(*arguments).out == result.out


def test_a_seed_that_is_ours_is_printed_and_repeats_the_check(call, drawing):
    result = call("check-gradients", drawing, "--random", 1)
    seed = lines_of(result)[0]["seed"].split()[0]
    assert f"seed         {seed} (drawn; --seed {seed} repeats it)\n" in result.out
    again = call("check-gradients", drawing, "--random", 1, "--seed", seed)
    assert again.out.splitlines()[2:] == result.out.splitlines()[2:]
    assert call("check-gradients", drawing, "--json").json()["seed_drawn"] is True


def test_a_run_and_a_saved_network(call, trained, classes):
    net = gn.load("run/network.safetensors")
    gn.save(net, "net.safetensors")
    for network in (trained, "net.safetensors"):
        result = call("check-gradients", network, "--seed", 1, "--json")
        assert result.code == 0
        assert result.json()["draws"][0]["report"] == check_gradients(net, seed=1).as_json()
    assert call("check-gradients", trained, "--data", classes, "--json").json()["loss"] == "cross_entropy"


def test_a_network_in_single_precision(call, drawing, classes):
    call("train", drawing, classes, "-o", "single", "--epochs", 1, "--dtype", "float32")
    report = call("check-gradients", "single", "--json", "--random", 1).json()["draws"][1]["report"]
    assert report["ok"]
    assert report["tolerance"] == 1e-3
    assert 1e-9 < report["largest_error"] < 1e-3


@pytest.mark.parametrize(("file", "loss"), [("numbers", "mse"), ("classes", "cross_entropy")])
def test_the_loss_on_data(call, drawing, numbers, classes, file, loss):
    data = {"numbers": numbers, "classes": classes}[file]
    result = call("check-gradients", drawing, "--data", data, "--samples", 4, "--random", 3, "--seed", 3, "--json")
    assert (result.code, result.err) == (0, "")
    found = result.json()
    assert (found["data"], found["loss"]) == (data, loss)
    assert [found["draws"][0][name] for name in ("samples", "steps")] == [4, 6]
    with np.load(data) as arrays:
        x, y, lengths = arrays["x"][:4], arrays["y"][:4], arrays["lengths"][:4] if "lengths" in arrays else None
    net = gn.compile(gn.read_graph(drawing), seed=3)
    report = check_gradients(net, x, y, loss=loss, lengths=lengths, seed=3)
    assert found["draws"][0]["report"] == report.as_json()
    assert report.totals["output"] == (72, 72)
    for draw in found["draws"]:
        assert draw["report"]["totals"]["output"]["there"] == draw["samples"] * draw["steps"] * 3
    rows = lines_of(call("check-gradients", drawing, "--data", data, "--loss", loss, "--steps", 2, "--seed", 3))[0]
    assert (rows["data"], rows["loss"]) == (data, loss)
    assert rows["own weights"].endswith("batch of 3 x 2 steps")


def test_targets_of_the_last_step_have_no_steps(call, drawing):
    """Targets (n_samples, n_outputs), of which a check of two steps must not take the first two columns."""
    x = np.random.default_rng(1).normal(size=(5, 6, 2))
    np.savez("last.npz", x=x, y=x[:, -1:].sum(axis=2) * np.ones(3))
    result = call("check-gradients", drawing, "--data", "last.npz", "--steps", 2, "--random", 2, "--seed", 3, "--json")
    assert (result.code, result.err) == (0, "")
    net = gn.compile(gn.read_graph(drawing), seed=3)
    with np.load("last.npz") as arrays:
        report = check_gradients(net, arrays["x"][:3, :2], arrays["y"][:3], loss="mse", seed=3)
    assert result.json()["draws"][0]["report"] == report.as_json()


@pytest.mark.parametrize("by_step", [False, True])
def test_weights_of_data_count(call, drawing, by_step):
    rng = np.random.default_rng(2)
    x = rng.normal(size=(4, 5, 2))
    weights = rng.uniform(size=(4, 5) if by_step else 4)
    np.savez("weighed.npz", x=x, y=np.repeat(x[:, :, :1], 3, axis=2), weights=weights)
    result = call("check-gradients", drawing, "--data", "weighed.npz", "--steps", 3, "--seed", 3, "--json")
    assert (result.code, result.err) == (0, "")
    net = gn.compile(gn.read_graph(drawing), seed=3)
    kept = weights[:3, :3] if by_step else weights[:3]
    loss = gn.losses.Weighted("mse", kept)
    report = check_gradients(net, x[:3, :3], np.repeat(x[:3, :3, :1], 3, axis=2), loss=loss, seed=3)
    assert result.json()["draws"][0]["report"] == report.as_json()


def test_what_limits_a_check(call, drawing):
    arguments = ("check-gradients", drawing, "--seed", 0, "--samples", 2, "--steps", 3, "--entries", 4, "--worst", 2)
    result = call(*arguments)
    found, rows, _ = lines_of(result)
    # 5 directions, 4 biases, 4 weights, 4 inputs, 4 states
    assert ", 21 of 68 gradients, batch of 2 x 3 steps" in found["own weights"]
    assert len(rows) == 3
    report = call(*arguments, "--json").json()["draws"][0]["report"]
    assert report["totals"]["weight"] == {"compared": 4, "there": 36}
    assert len(report["worst"]) == 2


@pytest.mark.usefixtures("own_activations")
def test_a_wrong_derivative_of_ones_own_is_pointed_at(call, here, cubic):
    (here / "my_activations.py").write_text(CUBE.format(derivative="2 * z**2"))
    result = call("--import", "my_activations.py", "check-gradients", cubic, "--seed", 0)
    assert result.code == 1
    report = check_gradients(gn.compile(gn.read_graph(cubic), seed=0), seed=0)
    (wrong,) = report.derivatives
    n_wrong = len(report.wrong)
    assert result.err == f"graphnet: error: {cubic}: {n_wrong} of {len(report.entries)} gradients disagree; see " + (
        "activation 'cube'\n"
    )
    assert wrong.complex_step == pytest.approx(3 * wrong.z**2)
    found, (_, *rows), below = lines_of(result)
    assert below == (
        "own weights: activation 'cube': its derivative is not that of its function, "
        f"at z = {wrong.z:.6g} of 'pyramidal' (sample {wrong.sample}, step {wrong.step}): "
        f"derivative {2 * wrong.z**2:.12g}, complex step {3 * wrong.z**2:.12g}, difference {3 * wrong.z**2:.6g}\n"
    )
    assert found["own weights"].startswith("DISAGREES, largest error ")
    assert any(row[2] == "'x' -> 'pyramidal'" for row in rows)
    result = call("--import", "my_activations.py", "check-gradients", cubic, "--seed", 0, "--json", "--random", 1)
    assert result.code == 1
    assert result.json()["ok"] is False
    (derivative,) = result.json()["draws"][0]["report"]["derivatives"]
    assert derivative == wrong._asdict()
    assert result.json()["wrong"] == sum(len(draw["report"]["wrong"]) for draw in result.json()["draws"])
    assert result.json()["wrong"] > n_wrong


@pytest.mark.usefixtures("own_activations")
def test_a_right_derivative_of_ones_own(call, here, cubic):
    (here / "my_activations.py").write_text(CUBE.format(derivative="3 * z**2"))
    assert call("--import", "my_activations.py", "check-gradients", cubic, "--random", 2).code == 0


@pytest.mark.usefixtures("own_activations")
def test_an_activation_that_takes_no_complex_numbers(call, here, cubic):
    (here / "my.py").write_text(
        "import graphnet as gn, numpy as np\n"
        "gn.activations.register('cube', np.cbrt, lambda z: 1 / 3 / np.cbrt(z) ** 2)\n"
    )
    result = call("--import", "my.py", "check-gradients", cubic)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("graphnet: error: my.json: activation 'cube' cannot be computed in complex numbers")
    assert result.err.count("\n") == 1


def test_kinks_are_listed(call, here):
    drawing = gn.graphs.elman(1, 12, 1)
    for i in range(12):
        drawing.nodes["hidden", i].update(activation="relu", bias=0.0, initial=0.0)
    gn.write_graph(drawing, "relu.json")
    np.savez("zeros.npz", x=np.zeros((1, 2, 1)), y=np.zeros((1, 2, 1)))
    result = call("check-gradients", "relu.json", "--data", "zeros.npz", "--seed", 0, "--worst", 3)
    assert result.code == 0
    *lines, last = lines_of(result)[2].splitlines()
    assert lines == [
        f"own weights: ('hidden', {i}) was at the kink of relu (z = 0) 2 times, first in sample 0 at step 0: "
        "a convention is compared there, not a derivative"
        for i in range(3)
    ]
    assert last == "... and 9 more; --worst 12 shows them"
    kinks = call("check-gradients", "relu.json", "--data", "zeros.npz", "--json").json()["draws"][0]["report"]["kinks"]
    assert kinks[0] == {"node": ["hidden", 0], "activation": "relu", "sample": 0, "step": 0} | {
        "z": 0.0,
        "times": 2,
        "exact": True,
    }


def test_a_tolerance_of_ones_own(call, drawing):
    result = call("check-gradients", drawing, "--tolerance", "1e-300", "--seed", 0)
    assert result.code == 1
    report = check_gradients(gn.compile(gn.read_graph(drawing), seed=0), seed=0, tolerance=1e-300)
    assert result.err == f"graphnet: error: net.json: {len(report.wrong)} of {len(report.entries)} gradients disagree\n"


def test_gradients_that_are_not_finite(call, here):
    drawing = gn.graphs.elman(1, 1, 1)
    drawing.nodes["hidden", 0]["activation"] = "identity"
    drawing.edges[("hidden", 0), ("hidden", 0)]["weight"] = 1e200
    gn.write_graph(drawing, "net.json")
    result = call("check-gradients", "net.json", "--seed", 0)
    assert result.code == 1
    assert result.err.startswith("graphnet: error: net.json: ")
    assert "Traceback" not in result.err
    assert "Warning" not in result.err
    assert (
        call("check-gradients", "net.json", "--seed", 0, "--json").json()["draws"][0]["report"]["largest_error"] is None
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["none.json"], "none.json: no such file"),
        (["broken.json"], "broken.json: not JSON"),
        (["net.json", "--data", "none.npz"], "none.npz: no such file"),
        (["net.json", "--data", "wide.npz"], "net.json on wide.npz: inputs have shape (3, 6, 5), not"),
        (["net.json", "--data", "classes.npz", "--loss", "mse"], "net.json on classes.npz: targets: shape (3,)"),
        (["empty"], "empty: the folder is not a run"),
    ],
)
def test_files_that_do_not_fit(call, here, drawing, classes, arguments, says):
    (here / "broken.json").write_text("{")
    (here / "empty").mkdir()
    np.savez("wide.npz", x=np.zeros((4, 6, 5)), y=np.zeros((4, 6, 3)))
    result = call("check-gradients", *arguments)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"graphnet: error: {says}")
    assert result.err.count("\n") == 1
