"""``graphnet new``: drawings from the command line equal those of their functions."""

from __future__ import annotations

import inspect
from pathlib import Path

import networkx as nx
import pytest
from graphnet_cli.options.drawings import REQUIRED, read_drawings
from graphnet_cli.verbs.new import KINDS, OPEN_WITHOUT_SEED, OTHERS, make_command

import graphnet as gn

DRAWINGS = {name: read_drawings()[name] for name in KINDS}
SMALL = {
    "n_inputs": 2,
    "n_hidden": 3,
    "n_outputs": 2,
    "n_neurons": 12,
    "n_taps": 3,
    "n_channels": 2,
    "shape": (5, 4),
    "width": 4,
    "n_heads": 2,
    "window": 3,
}
"""Parameters of small drawings."""
OTHER = {
    "activation": "sigmoid",
    "memory": 0.5,
    "n_layers": 2,
    "peepholes": True,
    "coupled": True,
    "kernel_size": 2,
    "dilation": 2,
    "input_channels": 2,
    "stride": 2,
    "padding": 1,
    "n_heads": 1,
    "width": 8,
    "window": 5,
    "feedforward": 5,
    "norm": "post",
    "positions": "inputs",
    "spectral_radius": 0.5,
    "density": 0.6,
    "leak": 0.3,
    "input_scale": 0.2,
    "n_neighbours": 2,
    "rewiring": 0.9,
    "tau": (2.0, 7.5),
    "train_tau": True,
    "seed": 6,
}
"""For each parameter with a default, another value, which gives another drawing."""


def small(name):
    """Return the parameters of a small drawing, with a fixed seed."""
    names = [parameter.name for parameter in DRAWINGS[name].parameters]
    return {parameter: SMALL[parameter] for parameter in names if parameter in SMALL} | (
        {"seed": 5} if "seed" in names else {}
    )


def options(name, values):
    """Return the options that give these values."""
    typed = []
    for parameter in DRAWINGS[name].parameters:
        if parameter.name not in values:
            continue
        value = values[parameter.name]
        if value is True:
            typed.append(parameter.option)
        else:
            typed += [parameter.option, ",".join(map(str, value)) if isinstance(value, tuple) else value]
    return typed


def same(a, b):
    """Return True if two drawings have the same nodes and edges in the same order, with the same attributes."""
    return type(a) is type(b) and list(a.nodes(data=True)) == list(b.nodes(data=True)) and edges(a) == edges(b)


def edges(graph):
    return list(graph.edges(data=True, keys=True) if graph.is_multigraph() else graph.edges(data=True))


def test_every_drawing_is_offered_or_said_why_not():
    assert set(KINDS) | set(OTHERS) == set(gn.graphs.__all__)
    assert len(KINDS) + len(OTHERS) == len(gn.graphs.__all__)


@pytest.mark.parametrize("name", sorted({*gn.graphs.__all__} - {"from_torch", "to_torch"}))  # these are of gn.torch
def test_what_the_source_says_is_the_signature(name):
    def plain(default):
        return REQUIRED if default is inspect.Parameter.empty else default

    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(getattr(gn.graphs, name)).parameters.values()
    read = [(p.name, p.annotation, p.default) for p in read_drawings()[name].parameters]
    assert read == [(p.name, p.annotation, plain(p.default)) for p in found if p.kind in named]


def test_parameters_are_described_in_the_docstrings():
    """Catches parameters without a description, and docstring lines that are read wrongly."""
    assert not [(drawing.name, p.name) for drawing in DRAWINGS.values() for p in drawing.parameters if not p.meaning]
    lstm = {p.name: p for p in DRAWINGS["lstm"].parameters}
    assert lstm["n_layers"].takes == "int"
    assert lstm["n_layers"].meaning == "Number of layers; each is fed by the hidden neurons of the layer before it."
    padding = next(p for p in DRAWINGS["spatial_convolution"].parameters if p.name == "padding")
    assert padding.meaning.endswith("synapses from them are not drawn.")


@pytest.mark.parametrize("name", KINDS)
def test_a_drawing_is_what_its_function_draws(call, name):
    result = call("new", name, "net.json", *options(name, small(name)))
    assert (result.code, result.err) == (0, "")
    graph = getattr(gn.graphs, name)(**small(name))
    assert same(gn.read_graph("net.json"), graph)
    said = dict(line.split(maxsplit=1) for line in result.out.splitlines())
    roles = [role for _, role in graph.nodes(data="role")]
    assert said["file"] == "net.json"
    assert said["drawing"] == name
    assert said["nodes"] == str(len(graph))
    assert (said["inputs"], said["outputs"]) == (str(roles.count("input")), str(roles.count("output")))
    assert said["synapses"] == str(graph.number_of_edges())
    assert said.get("seed") == ("5" if "seed" in small(name) else None)


@pytest.mark.parametrize(
    ("name", "parameter"),
    [(name, p.name) for name in KINDS for p in DRAWINGS[name].parameters if p.default is not REQUIRED],
)
def test_an_option_reaches_its_parameter(call, name, parameter):
    values = small(name) | {parameter: OTHER[parameter]}
    assert call("new", name, "net.json", *options(name, values)).code == 0
    drawn = gn.read_graph("net.json")
    assert same(drawn, getattr(gn.graphs, name)(**values))
    if (name, parameter) != ("continuous_time", "seed"):  # density is 1, so that nothing is random
        assert not same(drawn, getattr(gn.graphs, name)(**small(name)))


@pytest.mark.parametrize("name", KINDS)
def test_bidirectional(call, name):
    assert call("new", name, "net.json", *options(name, small(name)), "--bidirectional").code == 0
    expected = gn.graphs.bidirectional(getattr(gn.graphs, name)(**small(name)))
    drawn = gn.read_graph("net.json")
    assert same(drawn, expected)
    assert len(drawn) > len(getattr(gn.graphs, name)(**small(name)))
    assert gn.compile(drawn, seed=0).n_outputs >= 2


def test_several_sizes(call):
    assert call("new", "elman", "net.json", "--inputs", 1, "--hidden", "4, 3", "--outputs", 1).code == 0
    assert same(gn.read_graph("net.json"), gn.graphs.elman(1, [4, 3], 1))


def test_json(call):
    found = call("new", "lateral", "net.json", *options("lateral", small("lateral")), "--json").json()
    assert found == {
        "file": "net.json",
        "drawing": "lateral",
        "nodes": 7,
        "inputs": 2,
        "outputs": 2,
        "synapses": 18,
        "feedback": {"forward": 12, "direct": 0, "lateral": 6, "indirect": 0},
        "options": {"n_inputs": 2, "n_hidden": 3, "n_outputs": 2, "activation": "tanh", "bidirectional": False},
    }


def test_a_seed_that_is_ours_is_printed_and_repeats_the_drawing(call):
    typed = ["--inputs", 1, "--neurons", 30, "--outputs", 1, "--density", 0.5]
    drawn = call("new", "random_graph", "one.json", *typed, "--json").json()["options"]
    assert drawn["seed_drawn"] is True
    result = call("new", "random_graph", "two.json", *typed, "--seed", drawn["seed"])
    assert result.out.endswith(f"seed      {drawn['seed']}\n")
    assert Path("one.json").read_bytes() == Path("two.json").read_bytes()
    result = call("new", "random_graph", "three.json", *typed)
    seed = result.out.splitlines()[-1].split()[1]
    assert result.out.endswith(f"seed      {seed} (drawn; --seed {seed} repeats it)\n")
    assert Path("one.json").read_bytes() != Path("three.json").read_bytes()


@pytest.mark.parametrize("name", [name for name in KINDS if "seed" in small(name)])
def test_a_seed_is_drawn_where_the_drawing_has_chance_in_it(call, name):
    values = {parameter: value for parameter, value in small(name).items() if parameter != "seed"}
    # random enough that two drawings are practically never the same
    values |= {p.name: OTHER[p.name] for p in DRAWINGS[name].parameters if p.name in ("density", "rewiring")}
    function = getattr(gn.graphs, name)
    assert same(function(**values), function(**values)) == (name in OPEN_WITHOUT_SEED)
    found = call("new", name, "net.json", *options(name, values), "--json").json()["options"]
    assert (found["seed"] is None) == (name in OPEN_WITHOUT_SEED)
    assert found["seed_drawn"] == (name not in OPEN_WITHOUT_SEED)


def test_a_file_is_replaced_only_where_that_is_wanted(call, here):
    typed = options("elman", small("elman"))
    Path("net.json").write_text("mine")
    result = call("new", "elman", "net.json", *typed)
    assert (result.code, result.out) == (2, "")
    assert "Invalid value for 'OUT': net.json: the file exists; name another, or replace it with --force" in result.err
    assert Path("net.json").read_text() == "mine"
    assert call("new", "elman", "net.json", *typed, "--force").code == 0
    assert same(gn.read_graph("net.json"), gn.graphs.elman(2, 3, 2))


@pytest.mark.parametrize(
    ("out", "says"),
    [
        ("folder", "folder: graphs are not read from or written to files without a suffix"),
        ("folder.json", "folder.json: a folder, not a file"),
        ("net.doc", "net.doc: graphs are not read from or written to files named .doc"),
        ("nowhere/net.json", "nowhere/net.json: there is no folder"),
    ],
)
def test_places_where_nothing_can_be_written(call, here, out, says):
    (here / "folder.json").mkdir()
    result = call("new", "elman", out, *options("elman", small("elman")))
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith(f"graphnet: error: {says}")
    assert [path.name for path in here.rglob("*")] == ["folder.json"]


@pytest.mark.parametrize(
    "suffix", [suffix for suffix, form in gn.io.FORMATS.items() if "matri" not in form.name.lower()]
)
def test_every_format_that_holds_all_of_a_drawing(call, suffix):
    name = f"net{suffix}"
    result = call("new", "minimal_gated", name, *options("minimal_gated", small("minimal_gated")))
    assert (result.code, result.err) == (0, "")
    found = gn.read_graph(name)
    found = found.to_networkx() if isinstance(found, gn.GraphTable) else found
    assert nx.utils.graphs_equal(found, gn.graphs.minimal_gated(2, 3, 2, seed=5))


def test_a_format_that_would_leave_something_out(call, here):
    result = call("new", "direct", "net.mtx", *options("direct", small("direct")))
    assert (result.code, result.out) == (3, "")
    assert result.err.startswith("graphnet: error: net.mtx: ")
    assert "nothing was written: use another format, which stores all of it" in result.err
    assert not list(here.iterdir())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["elman", "net.json"], "Missing option '--inputs'"),
        (["elman"], "Missing argument 'OUT'"),
        (["elman", "net.json", "--inputs", "x"], "Invalid value for '--inputs': 'x' is not a valid integer"),
        (["elman", "net.json", "--hidden", "3,x"], "Invalid value for '--hidden': 'x' is not a valid integer"),
        (["elman", "net.json", "--hidden", "3,"], "Invalid value for '--hidden': '' is not a valid integer"),
        (["elman", "net.json", "--inputs", "1", "--hidden", "0", "--outputs", "1"], "--hidden=0 is not a whole number"),
        (["elman", "net.json", "--activation", "tanhh"], "'tanhh' is not one of 'identity', 'tanh'"),
        (["jordan", "net.json", "--memory", "nan"], "Invalid value for '--memory': 'nan' is not a finite number"),
        (["jordan", "net.json", "--memory", "much"], "Invalid value for '--memory': 'much' is not a finite number"),
        (["echo_state", "net.json", "--leak", "0"], "Invalid value for '--leak': '0' is not a number in (0, 1]"),
        (["echo_state", "net.json", "--leak", "1.1"], "'1.1' is not a number in (0, 1]"),
        (["small_world", "net.json", "--rewiring", "-0.1"], "'-0.1' is not a number in [0, 1]"),
        (["continuous_time", "net.json", "--tau", "3"], "Invalid value for '--tau': '3' is not 2 values with a comma"),
        (["transformer", "net.json", "--norm", "middle"], "'middle' is not one of 'pre', 'post'"),
        (
            ["transformer", "net.json", "--inputs", "1", "--outputs", "1", "--width", "7"],
            "--width=7 is not a multiple of --heads=4",
        ),
        (["lstm", "net.json", "--seed", "-1"], "Invalid value for '--seed'"),
        (["echo_state", "net.json", "--seed", "-1"], "Invalid value for '--seed'"),
        (["ellman", "net.json"], "No such command 'ellman'; did you mean elman?"),
        (["from_matrix", "net.json"], "No such command 'from_matrix'"),
        (["LSTM", "net.json"], "No such command 'LSTM'; did you mean lstm?"),
        (["Minimal-Gatd", "net.json"], "No such command 'Minimal-Gatd'; did you mean minimal_gated?"),
        (["transformer", "net.json", "--n-heads", "2"], "--heads"),
        (["elman", "net.json", "--activation", "TanH"], "; did you mean 'tanh'?"),
    ],
)
def test_wrong_usage(call, here, arguments, says):
    result = call("new", *arguments)
    assert (result.code, result.out) == (2, "")
    first, hint = result.err.splitlines()
    assert first.startswith("graphnet: error: ")
    assert says in first
    assert hint.startswith("try: graphnet new")
    assert not list(here.iterdir())


def test_a_kind_may_be_written_with_dashes(call):
    assert call("new", "delay-line", "net.json", *options("delay_line", small("delay_line"))).code == 0
    assert same(gn.read_graph("net.json"), gn.graphs.delay_line(2, 3, 2))


def test_help_says_the_default_the_range_and_what_is_needed(call):
    text = " ".join(call("new", "echo_state", "--help").out.split())
    assert "--inputs INTEGER Number of input nodes. In Python it is n_inputs. [required]" in text
    assert (
        "--input-scale NUMBER Bound of the input weights, which are uniform between -input_scale and input_scale."
        in text
    )
    assert (
        "--leak NUMBER Leaking rate of the neurons; 1 keeps nothing of a neuron's last value. "
        "A number in (0, 1]. [default: 1.0]"
    ) in text
    text = call("new", "lstm", "--help").out
    assert "      c(t) = f(t) c(t-1) + i(t) g(t),     h(t) = o(t) tanh(c(t))\n" in text
    assert "--peepholes / --no-peepholes" in text
    assert "a multiple of --heads" in " ".join(call("new", "attention", "--help").out.split())
    assert "1.0,100.0" in call("new", "continuous_time", "--help").out


def test_a_drawing_made_here_trains(call, numbers):
    assert call("new", "gru", "gru.json", "--inputs", 2, "--hidden", 4, "--outputs", 3, "--seed", 1).code == 0
    assert isinstance(gn.read_graph("gru.json"), nx.MultiDiGraph)
    assert call("train", "gru.json", numbers, "-o", "run", "--epochs", 1).code == 0


def test_a_flag_of_a_parameter_can_be_taken_back(call):
    typed = options("lstm", small("lstm") | {"coupled": True})
    assert call("new", "lstm", "net.json", *typed, "--no-coupled").code == 0
    assert same(gn.read_graph("net.json"), gn.graphs.lstm(2, 3, 2, seed=5))


def test_no_two_options_of_a_drawing_are_spelt_alike():
    for name in KINDS:
        flags = [flag for param in make_command(DRAWINGS[name]).params for flag in (*param.opts, *param.secondary_opts)]
        assert len(flags) == len(set(flags)), name


def test_help_names_the_keyword_of_an_option_where_it_is_another(call):
    text = " ".join(call("new", "transformer", "--help").out.split())
    assert "Number of attention heads of each block. In Python it is n_heads." in text
    assert "In Python it is width" not in text
