"""Recurrent modules of torch and their drawings: outputs and every gradient, entry by entry."""

from __future__ import annotations

import copy
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.graphs.gated import gru, lstm
from graphnet.torch.from_torch import from_torch as draw_torch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
nn = torch.nn

GATES = {
    "RNN": ["hidden"],
    "LSTM": ["input_gate", "forget", "candidate", "output_gate"],
    "GRU": ["reset", "update", "new"],
}
"""The kinds of neuron in the order in which torch stacks their rows."""
RECURRENT = [("RNN", "tanh"), ("RNN", "relu"), ("LSTM", None), ("GRU", None)]
each_kind = pytest.mark.parametrize(("kind", "nonlinearity"), RECURRENT, ids=["tanh", "relu", "lstm", "gru"])
Numbers = dict[tuple[str, Any], float]


def recurrent(kind: str, nonlinearity: str | None, rng: np.random.Generator, *, one_way: bool = False) -> Any:
    """A module of random size, layers, directions and biases."""
    torch.manual_seed(int(rng.integers(1 << 30)))
    said = {} if nonlinearity is None else {"nonlinearity": nonlinearity}
    return getattr(nn, kind)(
        int(rng.choice([1, 2, 3, 5, 9])),
        int(rng.choice([1, 2, 3, 4, 8, 9])),
        num_layers=int(rng.integers(1, 4)),
        bidirectional=not one_way and bool(rng.integers(2)),
        bias=bool(rng.integers(4)),
        batch_first=bool(rng.integers(2)),
        dtype=torch.float64,
        **said,
    )


def nodes_of(kind: str, place: tuple, n: int) -> list[tuple]:
    return [(kind, *place, i) for i in range(n)]


def matrix(sources: list, targets: list, values: np.ndarray) -> Numbers:
    return {
        ("weight", (source, target, 0)): values[i, j]
        for i, target in enumerate(targets)
        for j, source in enumerate(sources)
    }


def parts(module: Any, name: tuple) -> Iterator[tuple[int, str, tuple]]:
    """The layers and directions of a recurrent module: number, torch's suffix, and the place in names of nodes."""
    for layer in range(module.num_layers):
        for reverse in range(1 + module.bidirectional):
            several = (layer + 1,) if module.num_layers > 1 else ()
            yield layer, f"l{layer}" + "_reverse" * reverse, (*name, *several, *("reverse",) * reverse)


def recurrent_numbers(
    module: Any, sources: list, name: tuple, read: Callable[[Any], np.ndarray], add: Callable[[Any, Any], Any]
) -> tuple[Numbers, list]:
    """Every parameter of the drawing as ``read`` from torch's, and the nodes of the features.

    ``add`` makes one of the two biases: their sum for values, either of them for gradients.
    """
    gates, n = GATES[type(module).__name__], module.hidden_size
    found: Numbers = {}
    features: list = []
    current = -1
    for layer, suffix, place in parts(module, name):
        if layer != current:
            current, sources, features = layer, features if layer else sources, []
        hidden = nodes_of("hidden", place, n)
        w_in, w = (read(getattr(module, f"weight_{end}_{suffix}")) for end in ("ih", "hh"))
        for i, gate in enumerate(gates):
            rows = slice(i * n, (i + 1) * n)
            nodes = nodes_of(gate, place, n)
            past = nodes_of("recall", place, n) if gate == "new" else nodes
            found |= matrix(sources, nodes, w_in[rows]) | matrix(hidden, past, w[rows])
            if module.bias:
                b_in, b = (read(getattr(module, f"bias_{end}_{suffix}"))[rows] for end in ("ih", "hh"))
                if gate == "new":
                    found |= {("bias", node): value for node, value in zip(nodes + past, [*b_in, *b], strict=True)}
                else:
                    found |= {("bias", node): value for node, value in zip(nodes, add(b_in, b), strict=True)}
        features += hidden
    return found, features


def linear_numbers(module: Any, sources: list, name: str, read: Callable[[Any], np.ndarray]) -> tuple[Numbers, list]:
    nodes = [(name, i) for i in range(module.out_features)]
    found = matrix(sources, nodes, read(module.weight))
    if module.bias is not None:
        found |= {("bias", node): value for node, value in zip(nodes, read(module.bias), strict=True)}
    return found, nodes


def numbers_of(modules: list, read: Callable[[Any], np.ndarray], add: Callable[[Any, Any], Any]) -> Numbers:
    sources: list = [("input", i) for i in range(n_inputs(modules))]
    found: Numbers = {}
    for position, module in enumerate(modules):
        name = f"{type(module).__name__.lower()}_{position}"
        if type(module).__name__ in GATES:
            more, sources = recurrent_numbers(module, sources, (name,), read, add)
        elif isinstance(module, nn.Linear):
            more, sources = linear_numbers(module, sources, name, read)
        elif not isinstance(modules[position - 1], nn.Linear):
            more, sources = {}, [(name, i) for i in range(len(sources))]
        else:
            more = {}
        found |= more
    return found


def n_inputs(modules: list) -> int:
    return next(m.input_size if hasattr(m, "input_size") else m.in_features for m in modules if list(m.parameters()))


def value(parameter: Any) -> np.ndarray:
    return parameter.detach().numpy()


def gradient(parameter: Any) -> np.ndarray:
    return parameter.grad.numpy()


def same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)
    return one


def run_torch(modules: list, x: Any, lengths: np.ndarray, start: list[Any] | None = None) -> tuple[Any, Any]:
    """Outputs of modules one after the other, 0 past each sequence's end, and the last state of the last recurrence."""
    n_steps, last = x.shape[1], None
    valid = torch.arange(n_steps)[None, :, None] < torch.as_tensor(lengths)[:, None, None]
    for module in modules:
        if type(module).__name__ not in GATES:
            x = module(x)
            continue
        pack, pad = nn.utils.rnn.pack_padded_sequence, nn.utils.rnn.pad_packed_sequence
        packed = pack(x, torch.as_tensor(lengths), batch_first=True, enforce_sorted=False)
        before = None if start is None else tuple(start) if isinstance(module, nn.LSTM) else start[0]
        packed, last = module(packed, before)
        x = pad(packed, batch_first=True, total_length=n_steps)[0]
    return torch.where(valid, x, 0.0), last


def check_close(found: Any, expected: Any, scale: float | None = None) -> None:
    """Equal to 1e-10 of the largest entry."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.shape == expected.shape
    largest = np.abs(expected).max(initial=0) if scale is None else scale
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-10 * largest)


def check_gradients(net: gn.Network, found: np.ndarray, modules: list) -> None:
    """Every parameter is one entry of torch's and has its gradient."""
    expected = numbers_of(modules, gradient, same)
    table = net.parameter_table()
    assert {(row.kind, row.key) for row in table} == set(expected)
    for kind in set(table.kind):
        rows = [i for i, row in enumerate(table) if row.kind == kind]
        check_close(found[rows], [expected[kind, table[i].key] for i in rows])


def check_values(net: gn.Network, modules: list) -> None:
    expected = numbers_of(modules, value, np.add)
    assert {(row.kind, row.key): row.value for row in net.parameter_table()} == expected


def draw_data(rng: np.random.Generator, n_features: int) -> tuple[np.ndarray, np.ndarray]:
    """Inputs (n_samples, n_steps, n_features) and lengths, all equal half of the time."""
    n_samples, n_steps = (int(n) for n in rng.integers(1, [5, 8]))
    lengths = rng.integers(1, n_steps + 1, n_samples) if rng.integers(2) else np.full(n_samples, n_steps)
    return rng.standard_normal((n_samples, n_steps, n_features)), lengths


def check_module(module: Any, modules: list, rng: np.random.Generator) -> gn.Network:
    """Values, outputs, and the gradients of parameters and inputs."""
    inputs, lengths = draw_data(rng, n_inputs(modules))
    net = gn.compile(draw_torch(module))
    check_values(net, modules)
    x = torch.tensor(inputs, requires_grad=True)
    outputs, _ = run_torch(modules, x, lengths)
    check_close(net.run(inputs, lengths=lengths), outputs.detach())
    weights = rng.standard_normal(outputs.shape)
    (outputs * torch.tensor(weights)).sum().backward()
    back = net.vjp(inputs, weights, lengths=lengths)
    check_gradients(net, back.parameters, modules)
    check_close(back.inputs, x.grad)
    return net


@each_kind
@pytest.mark.parametrize("seed", range(24))
def test_recurrent_modules(kind: str, nonlinearity: str | None, seed: int) -> None:
    rng = np.random.default_rng([seed, len(kind), nonlinearity == "relu"])
    module = recurrent(kind, nonlinearity, rng)
    net = check_module(module, [module], rng)
    assert net.n_outputs == module.hidden_size * (1 + module.bidirectional)


@each_kind
@pytest.mark.parametrize("seed", range(20))
def test_starting_from_a_state(kind: str, nonlinearity: str | None, seed: int) -> None:
    """torch's h0 and c0 are the past of hidden neurons and cells; h_n and c_n are where they end."""
    rng = np.random.default_rng([seed, len(kind), nonlinearity == "relu", 1])
    module = recurrent(kind, nonlinearity, rng, one_way=True)
    inputs, lengths = draw_data(rng, module.input_size)
    net = gn.compile(draw_torch(module))
    kinds = ["hidden", "cell"] if kind == "LSTM" else ["hidden"]
    start = rng.standard_normal((len(kinds), module.num_layers, len(inputs), module.hidden_size))
    place = [
        (which, layer, i, (name, *at, i))
        for which, name in enumerate(kinds)
        for layer, _, at in parts(module, (f"{kind.lower()}_0",))
        for i in range(module.hidden_size)
    ]
    state = net.state(len(inputs), {node: start[which, layer, :, i] for which, layer, i, node in place})
    x, before = torch.tensor(inputs, requires_grad=True), torch.tensor(start, requires_grad=True)
    outputs, last = run_torch([module], x, lengths, list(before))
    run = net.run(inputs, lengths=lengths, state=state, return_state=True)
    check_close(run.outputs, outputs.detach())
    last = torch.stack(last) if kind == "LSTM" else last[None]
    scale = float(last.detach().abs().max())
    for which, layer, i, node in place:
        check_close(run.state[node][:, -1], last[which, layer, :, i].detach(), scale)

    weights, weights_last = rng.standard_normal(outputs.shape), rng.standard_normal(last.shape)
    ((outputs * torch.tensor(weights)).sum() + (last * torch.tensor(weights_last)).sum()).backward()
    grad_state = net.state(len(inputs), {node: weights_last[which, layer, :, i] for which, layer, i, node in place})
    back = net.vjp(inputs, weights, lengths=lengths, state=state, grad_state=grad_state)
    check_gradients(net, back.parameters, [module])
    check_close(back.inputs, x.grad)
    scale = float(before.grad.abs().max())
    for which, layer, i, node in place:
        check_close(back.state[node][:, -1], before.grad[which, layer, :, i], scale)


@pytest.mark.parametrize("seed", range(24))
def test_modules_one_after_the_other(seed: int) -> None:
    """As a list, a Sequential, or nested."""
    rng = np.random.default_rng([seed, 2])
    modules: list = []
    width = None
    for _ in range(int(rng.integers(1, 4))):
        which = int(rng.integers(6))
        if which < 4:
            module = recurrent(*RECURRENT[which], rng)
            if width is not None:
                said = {} if RECURRENT[which][1] is None else {"nonlinearity": RECURRENT[which][1]}
                module = type(module)(
                    width, module.hidden_size, bidirectional=module.bidirectional, dtype=torch.float64, **said
                )
            width = module.hidden_size * (1 + module.bidirectional)
        else:
            out = int(rng.integers(1, 10))
            module = nn.Linear(width or 3, out, bias=bool(rng.integers(4)), dtype=torch.float64)
            width = out
        modules.append(module)
        if rng.integers(2):
            modules.append([nn.Tanh(), nn.ReLU(), nn.Sigmoid()][int(rng.integers(3))])
    whole = [modules, tuple(modules), nn.Sequential(*modules), [modules[0], nn.Sequential(*modules[1:])]]
    check_module(whole[seed % 4], modules, rng)


def test_linear_modules() -> None:
    for seed in range(20):
        rng = np.random.default_rng([seed, 3])
        module = nn.Linear(*rng.integers(1, 10, 2).tolist(), bias=bool(rng.integers(2)), dtype=torch.float64)
        check_module(module, [module], rng)


@pytest.mark.parametrize("activation", [nn.Tanh(), nn.ReLU(), nn.Sigmoid()])
def test_an_activation_is_that_of_the_linear_neurons_before_it(activation: Any) -> None:
    name = type(activation).__name__.lower()
    fused = draw_torch([nn.Linear(2, 3), activation])
    assert [fused.nodes["linear_0", i]["activation"] for i in range(3)] == [name] * 3
    assert len(fused) == 5
    own = draw_torch([nn.RNN(2, 3), activation])
    assert [own.nodes[name + "_1", i]["activation"] for i in range(3)] == [name] * 3
    # a hidden neuron of an LSTM is linear, but feeds back what it is before the activation
    kept = draw_torch([nn.LSTM(2, 3), activation])
    assert kept.nodes["hidden", "lstm_0", 0]["activation"] == "identity"
    assert kept.nodes[name + "_1", 0]["role"] == "output"


def test_activations_may_come_first_and_twice() -> None:
    rng = np.random.default_rng(4)
    tanh, readout = nn.Tanh(), nn.Linear(3, 2, dtype=torch.float64)
    inputs = rng.standard_normal((2, 4, 3))
    with torch.no_grad():
        expected = tanh(tanh(readout(torch.sigmoid(torch.tensor(inputs)))))
    net = gn.compile(draw_torch([nn.Sigmoid(), readout, tanh, nn.Identity(), tanh]))
    check_close(net.run(inputs), expected)


def test_dropout_that_drops_nothing_is_nothing() -> None:
    linear = nn.Linear(2, 3)
    plain = draw_torch(linear)
    assert nx.utils.graphs_equal(draw_torch([linear, nn.Dropout(0.5).eval()]), plain)
    assert nx.utils.graphs_equal(draw_torch([linear, nn.Dropout(0.0)]), plain)
    module = nn.LSTM(2, 3, num_layers=2, dropout=0.5, dtype=torch.float64).eval()
    check_module(module, [module], np.random.default_rng(0))


def test_names_layers_and_outputs() -> None:
    graph = draw_torch([nn.GRU(2, 3, num_layers=2, bidirectional=True), nn.Linear(6, 2), nn.RNN(2, 1)])
    assert [node for node in graph if graph.nodes[node].get("role") == "input"] == [("input", 0), ("input", 1)]
    assert [node for node in graph if graph.nodes[node].get("role") == "output"] == [("hidden", "rnn_2", 0)]
    layers = {node[:-1]: said.get("layer") for node, said in graph.nodes(data=True)}
    assert layers["update", "gru_0", 1] == 1
    assert layers["update", "gru_0", 2, "reverse"] == 2
    assert layers["linear_1",] == 3
    assert layers["hidden", "rnn_2"] == 4
    two_ways = draw_torch(nn.LSTM(2, 3, bidirectional=True))
    assert [node for node in two_ways if two_ways.nodes[node].get("role") == "output"] == [
        *(("hidden", "lstm_0", i) for i in range(3)),
        *(("hidden", "lstm_0", "reverse", i) for i in range(3)),
    ]
    assert {node[2] for node, said in two_ways.nodes(data=True) if said.get("reverse")} == {"reverse"}


def test_features_that_are_no_columns_are_repeated_by_outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """Inputs cannot be outputs, and columns are in node order."""
    builders = sys.modules["graphnet.torch.from_torch"].BUILDERS
    for turned in (lambda sources: sources[::-1], lambda sources: [("input", 0), *sources]):
        monkeypatch.setitem(
            builders, "Tanh", lambda module, graph, sources, turned=turned, **said: turned(list(sources))
        )
        linear = nn.Linear(2, 3, dtype=torch.float64)
        net = gn.compile(draw_torch([linear, nn.Tanh()]))
        inputs = np.random.default_rng(0).standard_normal((2, 4, 2))
        plain = gn.compile(draw_torch(linear)).run(inputs)
        expected = plain[..., ::-1] if net.n_outputs == 3 else np.concatenate([inputs[..., :1], plain], axis=-1)
        check_close(net.run(inputs), expected)
        assert len(net.parameters) == 9


def test_single_precision_and_frozen_parameters() -> None:
    module = nn.LSTM(2, 3).requires_grad_(False)
    net = gn.compile(draw_torch(module), dtype="float32")
    assert len(net.parameters) == sum(p.numel() for p in module.parameters()) - 12
    inputs = np.random.default_rng(0).standard_normal((2, 5, 2)).astype(np.float32)
    expected = module(torch.tensor(inputs).transpose(0, 1))[0].transpose(0, 1)
    np.testing.assert_allclose(net.run(inputs), expected.numpy(), atol=1e-6)


def test_the_module_stays_as_it_was() -> None:
    module = nn.GRU(2, 3)
    before = copy.deepcopy(module.state_dict())
    net = gn.compile(draw_torch(module))
    net.parameters = net.parameters + 1
    assert all(torch.equal(before[name], now) for name, now in module.state_dict().items())


@pytest.mark.parametrize(("kind", "draw"), [("LSTM", lstm), ("GRU", gru)])
@pytest.mark.parametrize("seed", range(20))
def test_drawings_with_the_numbers_of_torch(kind: str, draw: Callable[..., nx.DiGraph], seed: int) -> None:
    """``lstm`` and ``gru`` are torch's, with a linear readout."""
    rng = np.random.default_rng([seed, len(kind), 5])
    n_in, n_hidden, n_out, n_layers = (int(n) for n in rng.integers(1, [5, 10, 4, 4]))
    torch.manual_seed(seed)
    module = getattr(nn, kind)(n_in, n_hidden, num_layers=n_layers, dtype=torch.float64)
    readout = nn.Linear(n_hidden, n_out, dtype=torch.float64)
    net = gn.compile(draw(n_in, n_hidden, n_out, n_layers=n_layers), seed=seed)

    def numbers(read: Callable[[Any], np.ndarray], add: Callable[[Any, Any], Any]) -> Numbers:
        found, features = recurrent_numbers(module, [("input", i) for i in range(n_in)], (), read, add)
        found |= linear_numbers(readout, features, "output", read)[0]
        return (
            found
            if net.to_graph().is_multigraph()
            else {(k, e[:2] if k == "weight" else e): v for (k, e), v in found.items()}
        )

    keys = [(row.kind, row.key) for row in net.parameter_table()]
    values = numbers(value, np.add)
    assert set(keys) == set(values)
    net.parameters = [values[key] for key in keys]
    inputs, lengths = draw_data(rng, n_in)
    x = torch.tensor(inputs, requires_grad=True)
    outputs, _ = run_torch([module, readout], x, lengths)
    check_close(net.run(inputs, lengths=lengths), outputs.detach())
    weights = rng.standard_normal(outputs.shape)
    (outputs * torch.tensor(weights)).sum().backward()
    back = net.vjp(inputs, weights, lengths=lengths)
    expected = numbers(gradient, same)
    check_close(back.parameters, [expected[key] for key in keys])
    check_close(back.inputs, x.grad)


class Mine(nn.Linear):
    """A class of the user's own."""


SHARED = nn.Linear(2, 2)
LISTED = (
    "Conv1d, Dropout, GRU, Identity, LSTM, LayerNorm, Linear, MultiheadAttention, RNN, ReLU, Sequential, Sigmoid, "
    "Tanh, TransformerEncoderLayer, or a list of them"
)


@pytest.mark.parametrize(
    ("module", "message"),
    [
        (nn.Conv2d(1, 2, 3), f"module 0 is a Conv2d, which is not drawn: one of {LISTED}"),
        ([nn.Linear(2, 2), Mine(2, 2)], f"module 1 is a Mine, which is not drawn: one of {LISTED}"),
        (nn.LSTMCell(2, 3), f"module 0 is a LSTMCell, which is not drawn: one of {LISTED}"),
        ({"a": 1}, "from_torch takes a torch module or a list of them, not a dict"),
        ([nn.Linear(2, 2), "tanh"], "from_torch takes a torch module or a list of them, not a str"),
        ([], "from_torch: no module says how many inputs there are: begin with one that has weights"),
        (nn.Tanh(), "from_torch: no module says how many inputs there are: begin with one that has weights"),
        ([nn.RNN(2, 3), nn.Linear(4, 1)], "linear_1 takes 4 features, and 3 come before it"),
        ([nn.GRU(2, 3, bidirectional=True), nn.GRU(3, 1)], "gru_1 takes 3 features, and 6 come before it"),
        (
            nn.LSTM(2, 3, proj_size=2),
            "lstm_0: proj_size=2 is not drawn: its cells and what feeds back differ in number; use 0",
        ),
        (
            nn.GRU(2, 3, num_layers=2, dropout=0.25),
            "gru_0: dropout=0.25 is random and not drawn: call .eval() first, or set 0",
        ),
        (
            [nn.Linear(2, 2), nn.Dropout(0.5)],
            "dropout_1: dropout p=0.5 is random and not drawn: call .eval() first, or set p=0",
        ),
        (
            [SHARED, nn.Tanh(), SHARED],
            "linear_2 shares its weight with linear_0: drawn twice it would be learnt twice; copy the module "
            "(copy.deepcopy)",
        ),
    ],
)
def test_what_is_not_drawn(module: Any, message: str) -> None:
    with pytest.raises(gn.GraphError) as caught:
        draw_torch(module)
    assert str(caught.value) == message


def test_every_unknown_module_is_named_at_once() -> None:
    with pytest.raises(gn.GraphError) as caught:
        draw_torch([nn.Softmax(-1), nn.Linear(2, 2), nn.GELU()])
    assert [problem[:12] for problem in caught.value.problems] == ["module 0 is ", "module 2 is "]


def test_without_torch_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError) as caught:
        draw_torch(None)
    assert str(caught.value) == "from_torch needs torch: pip install torch"


def test_importing_the_drawings_does_not_import_torch() -> None:
    code = "import sys, graphnet.graphs; graphnet.graphs.lstm(1, 2, 1); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
