"""Networks as torch modules against the networks themselves, and as parts of larger models."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from inspect import signature

import networkx as nx
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.testing.strategies import neuron_graphs, sequences
from graphnet.torch.formulas import POINTWISE_FORMULAS, product
from graphnet.torch.to_torch import to_torch
from tests.profiles import scaled

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

WHOLE_LANGUAGE = {
    name: True for name, said in signature(neuron_graphs).parameters.items() if isinstance(said.default, bool)
}
"""Every switch of the strategy, those to come included."""


@st.composite
def problems(draw: st.DrawFn) -> tuple:
    """A network of any drawing, sequences for it, perhaps a state, and gradients of its outputs."""
    graph = draw(neuron_graphs(**WHOLE_LANGUAGE))
    data = draw(sequences(graph))
    net = gn.compile(graph, dt=draw(st.sampled_from([1.0, 0.5])))
    rng = np.random.default_rng(draw(st.integers(0, 2**16)))
    state = None
    if draw(st.booleans()) and not any(reverse for _, reverse in graph.nodes(data="reverse")):
        state = net.state(len(data.inputs))
        state.history[:] = rng.uniform(-1, 1, state.history.shape).round(2)
        state.steps[:] = rng.integers(0, 4, len(state.steps))
    return net, data, state, rng.uniform(-1, 1, (*data.inputs.shape[:2], net.n_outputs))


def close(ours: np.ndarray, theirs: np.ndarray, tolerance: float, what: str, least: float = 1e-300) -> None:
    """Agreement relative to the largest entry, or to ``least`` where all are smaller."""
    assert ours.shape == theirs.shape, what
    error, largest = np.abs(ours - theirs).max(initial=0), np.abs(theirs).max(initial=0)
    assert error <= tolerance * max(largest, least), f"{what}: {error} beside {largest}\n{ours}\n{theirs}"


def differentiate(module: torch.nn.Module, data: object, state: object, grad_outputs: np.ndarray) -> tuple:
    """Outputs, and gradients of numbers and inputs, by autograd."""
    dtype = module.numbers.dtype
    inputs = torch.tensor(data.inputs, dtype=dtype, requires_grad=True)
    outputs = module(inputs, data.lengths, state)
    assert outputs.dtype == dtype
    (outputs * torch.tensor(grad_outputs, dtype=dtype)).sum().backward()
    zeros = torch.zeros_like
    found = [zeros(p) if p.grad is None else p.grad for p in (module.numbers, inputs)]
    return outputs.detach().numpy(), *(gradient.numpy() for gradient in found)


@settings(max_examples=scaled(300))
@given(problems())
def test_outputs_and_gradients_are_those_of_the_network(problem: tuple) -> None:
    net, data, state, grad_outputs = problem
    outputs, parameters, inputs = differentiate(to_torch(net), data, state, grad_outputs)
    close(outputs, net.run(data.inputs, lengths=data.lengths, state=state), 1e-12, "outputs")
    expected = net.vjp(data.inputs, grad_outputs, lengths=data.lengths, state=state)
    kinds = net.parameter_table().kind
    for kind in set(kinds):
        # before a softmax all that is left may be what cancels
        close(parameters[kinds == kind], expected.parameters[kinds == kind], 1e-10, kind, 1e-3)
    close(inputs, expected.inputs, 1e-10, "inputs", 1e-3)
    for sample, length in enumerate(data.lengths if data.lengths is not None else []):
        assert not outputs[sample, length:].any()
        assert not inputs[sample, length:].any()


@settings(max_examples=scaled(50))
@given(problems())
def test_single_precision(problem: tuple) -> None:
    """Catches a constant of another precision."""
    net, data, state, grad_outputs = problem
    outputs, parameters, inputs = differentiate(to_torch(net).float(), data, state, grad_outputs)
    assert outputs.dtype == parameters.dtype == inputs.dtype == np.float32
    expected = net.vjp(data.inputs, grad_outputs, lengths=data.lengths, state=state)
    close(outputs, net.run(data.inputs, lengths=data.lengths, state=state), 1e-3, "outputs", 0.1)
    # a saturated softmax cancels all but the rounding of float32
    close(parameters, expected.parameters, 1e-3, "parameters", 0.1)
    close(inputs, expected.inputs, 1e-3, "inputs", 0.1)


def test_dense_and_sparse_blocks_of_a_larger_network() -> None:
    """Catches what graphs of six nodes are too small for: dense blocks, and several levels of many rows."""
    rng = np.random.default_rng(0)
    for graph in (gn.graphs.lstm(3, 12, 2), gn.graphs.from_matrix(sp.random(60, 60, 0.1, random_state=rng) * 0.5)):
        net = gn.compile(graph, seed=0)
        batch = Batch(rng.standard_normal((4, 7, net.n_inputs)), np.array([7, 2, 5, 7]))
        grad_outputs = rng.standard_normal((4, 7, net.n_outputs))
        outputs, parameters, inputs = differentiate(to_torch(net), batch, None, grad_outputs)
        expected = net.vjp(batch.inputs, grad_outputs, lengths=batch.lengths)
        close(outputs, net.run(batch.inputs, lengths=batch.lengths), 1e-12, "outputs")
        close(parameters, expected.parameters, 1e-12, "parameters")
        close(inputs, expected.inputs, 1e-12, "inputs")


class Batch:
    def __init__(self, inputs: np.ndarray, lengths: np.ndarray | None) -> None:
        self.inputs, self.lengths = inputs, lengths


def test_activations_far_out() -> None:
    """Catches overflow, and formulas that change their form before it is exact."""
    z = np.array([-1000, -50, -30, -1e-9, 0, 1e-9, 10, 21, 25, 45, 1000])
    for name, formula in POINTWISE_FORMULAS.items():
        ours = gn.activations.ACTIVATIONS[name]
        x = torch.tensor(z, requires_grad=True)
        y = formula(x)
        y.sum().backward()
        expected = ours.function(z)
        slope = ours.derivative(expected if ours.from_output else z)
        np.testing.assert_allclose(y.detach().numpy(), expected, rtol=1e-13, atol=1e-300, err_msg=name)
        np.testing.assert_allclose(x.grad.numpy(), slope, rtol=1e-9, atol=1e-15, err_msg=name)
    assert set(POINTWISE_FORMULAS) <= set(gn.activations.ACTIVATIONS)


def test_sparse_product_has_derivatives_of_every_order() -> None:
    places = torch.tensor([[0, 0, 2, 2, 2], [1, 1, 0, 3, 1]])
    values = torch.randn(5, dtype=torch.float64, requires_grad=True)
    x = torch.randn(4, 3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda v, x: product(v, places, 3, x), (values, x))
    assert torch.autograd.gradgradcheck(lambda v, x: product(v, places, 3, x), (values, x))


def test_second_derivatives_are_the_hessian_product() -> None:
    net = gn.compile(gn.graphs.gru(2, 4, 1), seed=0)
    rng = np.random.default_rng(0)
    inputs, targets = rng.standard_normal((3, 5, 2)), rng.standard_normal((3, 5, 1))
    vector = rng.standard_normal(len(net.parameters))
    module = to_torch(net)
    loss = (module(torch.tensor(inputs)) - torch.tensor(targets)).square().mean()
    (gradient,) = torch.autograd.grad(loss, module.numbers, create_graph=True)
    (product,) = torch.autograd.grad(gradient @ torch.tensor(vector), module.numbers)
    close(product.numpy(), net.hvp(inputs, targets, vector), 1e-10, "hvp")


def test_numbers_go_back_to_the_network_and_from_it() -> None:
    net = gn.compile(gn.graphs.elman(2, 5, 1), seed=0)
    module = to_torch(net)
    with torch.no_grad():
        module.numbers.mul_(0.5)
    inputs = np.random.default_rng(0).standard_normal((3, 4, 2))
    outputs = module(torch.tensor(inputs)).detach().numpy()
    assert np.abs(net.run(inputs) - outputs).max() > 1e-3
    assert module.to_network() is net
    close(net.run(inputs), outputs, 1e-12, "outputs")
    net.parameters = net.parameters * 3
    module.from_network()
    close(module.numbers.detach().numpy(), net.parameters, 0, "numbers")


def test_saving_copying_and_pickling() -> None:
    graph = gn.graphs.lstm(2, 3, 1)
    module, other = to_torch(gn.compile(graph, seed=0)), to_torch(gn.compile(graph, seed=1))
    inputs = torch.randn(2, 5, 2, dtype=torch.float64)
    assert list(module.state_dict()) == ["numbers"]
    assert not torch.equal(module(inputs), other(inputs))
    other.load_state_dict(module.state_dict())
    copied, pickled = copy.deepcopy(module), pickle.loads(pickle.dumps(module))
    for same in (other, copied, pickled):
        assert torch.equal(module(inputs), same(inputs))
    assert copied.network is not module.network
    assert repr(module) == f"GraphModule(2, 1, n_parameters={len(module.numbers)})"


def test_training_as_part_of_a_larger_model() -> None:
    torch.manual_seed(0)
    net = gn.compile(gn.graphs.elman(4, 8, 3), dtype="float32", seed=0)
    model = torch.nn.Sequential(torch.nn.Linear(2, 4), to_torch(net), torch.nn.Linear(3, 1))
    optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
    inputs = torch.randn(16, 10, 2)
    targets = inputs.cumsum(1)[:, :, :1].tanh()
    start = model[0].weight.detach().clone()
    losses = []
    for _ in range(30):
        optimizer.zero_grad()
        loss = (model(inputs) - targets).square().mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.5 * losses[0]
    assert not torch.equal(start, model[0].weight)


def test_clip_to_bounds() -> None:
    graph = nx.DiGraph([("x", "a", {"weight": 1.0}), ("a", "y", {"weight": -1.0})])
    graph.add_node("x", role="input", sign=1)
    graph.add_node("a", tau=2.0, train_tau=True, sign=-1)
    graph.add_node("y", role="output")
    net = gn.compile(graph)
    module = to_torch(net)
    with torch.no_grad():
        module.numbers.mul_(-1)
    module.clip_to_bounds()
    close(module.numbers.detach().numpy(), np.clip(-net.parameters, *net.bounds.T), 0, "numbers")
    module.to_network()


def test_memory_grows_with_synapses() -> None:
    """Catches a matrix made dense, forward or backward: 20,000 neurons squared are 3.2 GB."""
    code = """
import resource, sys
import numpy as np, scipy.sparse as sp, torch
import graphnet as gn
from graphnet.torch.to_torch import to_torch
rng = np.random.default_rng(0)
n, n_synapses = 20_000, 100_000
W = sp.coo_array((rng.normal(0, 0.4, n_synapses), rng.integers(0, n, (2, n_synapses))), (n, n))
w_in = sp.random(n, 2, 0.1, random_state=0)
w_out = sp.random(1, n, 0.1, random_state=0)
net = gn.compile(gn.graphs.from_matrix(W, w_in=w_in, w_out=w_out, train_bias=False), dtype="float64")
module = to_torch(net)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
inputs = torch.randn(4, 5, 2, dtype=torch.float64)
module(inputs).square().sum().backward()
grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
outputs = net.run(inputs.numpy())
gradient = net.vjp(inputs.numpy(), 2 * outputs).parameters
assert np.abs(gradient - module.numbers.grad.numpy()).max() < 1e-10 * np.abs(gradient).max()
print(before / 1024, grown)
"""
    printed = subprocess.run([sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False)
    assert printed.returncode == 0, printed.stderr
    before, grown = map(float, printed.stdout.split())
    assert before + grown < 2000
    assert grown < 400


def test_what_does_not_fit_is_said() -> None:
    net = gn.compile(gn.graphs.elman(2, 3, 1), seed=0)
    module = to_torch(net)
    good = torch.zeros(2, 4, 2, dtype=torch.float64)
    with pytest.raises(gn.DataError, match=r"torch.float32 on cpu, the module is torch.float64 on cpu"):
        module(good.float())
    with pytest.raises(gn.DataError, match=r"shape \(2, 4, 3\), not \(n_samples, n_steps, 2\)"):
        module(torch.zeros(2, 4, 3, dtype=torch.float64))
    with pytest.raises(gn.DataError, match=r"at least one sample and step"):
        module(good[:0])
    with pytest.raises(gn.DataError, match=r"a ndarray, not a torch\.Tensor"):
        module(good.numpy())
    with pytest.raises(gn.DataError, match=r"lengths\[1\] is 5"):
        module(good, torch.tensor([1, 5]))
    with pytest.raises(gn.DataError, match="state has 3 samples"):
        module(good, state=net.state(3))
    with pytest.raises(gn.DataError, match="takes a Network"):
        to_torch(gn.graphs.elman(2, 3, 1))


def test_a_registered_activation_has_no_formula_in_torch() -> None:
    gn.activations.register("square of torch tests", lambda z: z * z, lambda z: 2 * z)
    graph = gn.graphs.elman(1, 2, 1)
    node = next(node for node, role in graph.nodes(data="role") if role is None)
    graph.nodes[node]["activation"] = "square of torch tests"
    with pytest.raises(gn.GraphError, match="'square of torch tests' is registered and torch has no formula") as error:
        to_torch(gn.compile(graph, seed=0))
    assert repr(node) in str(error.value)


def test_without_torch_the_error_says_what_to_install() -> None:
    code = (
        "import sys; sys.modules['torch'] = None\n"
        "import graphnet as gn\nfrom graphnet.torch.to_torch import to_torch\n"
        "try: to_torch(gn.compile(gn.graphs.elman(1, 1, 1)))\nexcept ImportError as error: print(error)"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed == "to_torch needs torch: pip install torch\n"
