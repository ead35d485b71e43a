"""``graphnet --import FILE.py``: custom Python files that run before a command."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

import graphnet as gn

from .runs import besides_epochs

pytestmark = pytest.mark.usefixtures("own_activations")

LOUD = """\
import graphnet as gn
from steepness import STEEPNESS

print("on my way")


def function(z):
    return STEEPNESS * z * z


gn.activations.register("parabola", function, lambda z: 2 * STEEPNESS * z)
"""


@pytest.fixture
def parabolic(here):
    """``my.json``, whose hidden neuron has an activation that `my/activations.py` registers."""
    (here / "my").mkdir()
    (here / "my" / "steepness.py").write_text("STEEPNESS = 0.5\n")
    (here / "my" / "activations.py").write_text(LOUD)
    drawing = gn.graphs.elman(2, 1, 3)
    drawing.nodes["hidden", 0]["activation"] = "cos"
    gn.activations.register("cos", np.cos, lambda z: -np.sin(z))
    gn.write_graph(drawing, "my.json")
    (here / "my.json").write_text((here / "my.json").read_text().replace('"cos"', '"parabola"'))
    return "my.json"


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "my.json"],
        ["inspect", "my.json"],
        ["train", "my.json", "numbers.npz", "-o", "run", "--epochs", 1],
        ["simulate", "my.json", "--input", "noise", "--steps", 3, "-o", "out.npz"],
        ["check-gradients", "my.json"],
    ],
)
def test_a_drawing_with_an_activation_of_ones_own(call, numbers, parabolic, arguments):
    without = call(*arguments)
    assert without.code == 3
    assert "activation='parabola' is not one of" in without.out + without.err
    result = call("--import", "my/activations.py", *arguments)
    assert (result.code, besides_epochs(result.err)) == (0, "on my way\n")
    assert "on my way" not in result.out


def test_it_computes_what_it_should(call, numbers, parabolic):
    arguments = ("--import", "my/activations.py", "train", parabolic, numbers, "-o", "run", "--epochs", 1)
    assert call(*arguments, "--seed", 0).code == 0
    assert call("--import", "my/activations.py", "evaluate", "run", numbers).code == 0
    assert call("--import", "my/activations.py", "check-gradients", "run", "--data", numbers).code == 0
    call("--import", "my/activations.py", "simulate", "run", "--input", "pulse", "--steps", 2, "-o", "out.npz")
    net = gn.load("run/network.safetensors")
    with np.load("out.npz") as out:
        assert out["outputs"].tolist() == net.run(out["x"]).tolist()
    values = net.run(np.ones((1, 1, 2)), record=[("hidden", 0)]).recorded["hidden", 0]
    learnt = {row.key: row.value for row in net.parameter_table()}
    z = learnt["hidden", 0] + sum(learnt[("input", i), ("hidden", 0)] for i in range(2))
    assert values.item() == pytest.approx(0.5 * z**2)


def test_several_files_in_their_order(call, here):
    (here / "one.py").write_text("import builtins\nbuiltins.order_of_import = ['one']\n")
    (here / "two.py").write_text("import builtins\nbuiltins.order_of_import.append('two')\nprint(order_of_import)\n")
    gn.write_graph(gn.graphs.elman(1, 1, 1), "net.json")
    result = call("--import", "one.py", "--import", "two.py", "validate", "net.json")
    assert (result.code, result.err) == (0, "['one', 'two']\n")


def test_a_loss_of_ones_own_has_a_name_too(call, here, drawing, numbers, monkeypatch):
    monkeypatch.setitem(gn.losses.LOSSES, "total", None)
    (here / "my.py").write_text(
        "import graphnet as gn\nimport numpy as np\n"
        "def total(outputs, targets, mask):\n    error = (outputs - targets) * mask[:, :, None]\n"
        "    return (error**2).sum(), {factor} * error\n"
        "gn.losses.LOSSES['total'] = gn.losses.resolve_loss(total)\n"
    )
    text = (here / "my.py").read_text()
    arguments = ("--import", "my.py", "check-gradients", drawing, "--data", numbers, "--loss", "total")
    (here / "my.py").write_text(text.format(factor=2))
    assert call(*arguments).code == 0
    (here / "my.py").write_text(text.format(factor=3))
    result = call(*arguments, "--json")
    assert result.code == 1
    assert {entry["kind"] for entry in result.json()["draws"][0]["report"]["wrong"]} == {"output"}


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("x = 1\nx.nothing\n", "my.py, line 2: AttributeError: 'int' object has no attribute 'nothing'"),
        ("def broken(:\n", "my.py, line 1: SyntaxError: invalid syntax"),
        ("\nimport nowhere_to_be_found\n", "my.py, line 2: ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("import sys\nsys.exit(4)\n", "my.py, line 2: SystemExit: 4"),
        ("raise RuntimeError\n", "my.py, line 1: RuntimeError"),
        ("raise ValueError('one\\ntwo')\n", "my.py, line 1: ValueError: one two"),
        (
            "import graphnet as gn\ngn.activations.register('relu', abs, abs)\n",
            "my.py, line 2: activation 'relu' is the language's own: choose another name",
        ),
        (None, "my.py: no such file"),
    ],
)
def test_errors_in_the_file_are_one_line(call, here, drawing, content, says):
    if content is not None:
        (here / "my.py").write_text(content)
    result = call("--import", "my.py", "validate", drawing)
    assert (result.code, result.out) == (3, "")
    assert result.err == f"graphnet: error: {says}\n"


def test_a_folder_is_no_file(call, here, drawing):
    (here / "my").mkdir()
    result = call("--import", "my", "validate", drawing)
    assert (result.code, result.err) == (3, "graphnet: error: my: a folder, not a file\n")


def test_an_activation_that_fails_later_is_not_a_fault_of_graphnet(call, here):
    (here / "my.py").write_text(
        "import math\nimport graphnet as gn\n\n\ndef f(z):\n    return math.tanh(z)\n\n\n"
        "gn.activations.register('mine', f, f)\n"
    )
    drawing = nx.DiGraph([("x", "y")])
    drawing.nodes["x"]["role"] = "input"
    drawing.nodes["y"].update(role="output", activation="cos")
    gn.activations.register("cos", np.cos, lambda z: -np.sin(z))
    gn.write_graph(drawing, "net.json")
    (here / "net.json").write_text((here / "net.json").read_text().replace('"cos"', '"mine"'))
    arguments = ("--import", "my.py", "simulate", "net.json", "--input", "noise", "--steps", 3, "-o", "out.npz")
    result = call(*arguments)
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("graphnet: error: my.py, line 6: TypeError: ")
    assert result.err.count("\n") == 1
    result = call("--debug", *arguments)
    assert result.err.startswith("Traceback (most recent call last):")


def test_interrupting_the_file(call, here, drawing):
    (here / "my.py").write_text("raise KeyboardInterrupt\n")
    result = call("--import", "my.py", "validate", drawing)
    assert (result.code, result.err) == (130, "graphnet: interrupted\n")
