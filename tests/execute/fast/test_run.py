"""The fast executor: every property, the same bits at any number of threads, what is kept on disk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.execute.fast import background as beside
from graphnet.execute.fast import pool, support
from graphnet.execute.fast import run as fast
from graphnet.execute.fast.kernels import scan as kernels
from graphnet.testing import conformance, neuron_graphs
from graphnet.testing.properties import OF_EXECUTORS
from tests.profiles import scaled
from tests.properties.interpreted import INTERPRETED

TestFast = conformance(fast, properties=(*INTERPRETED, *OF_EXECUTORS))
for _name, _test in list(vars(TestFast).items()):
    if _name.startswith("test_"):  # `make test-deep` tries ten thousand drawings
        setattr(TestFast, _name, settings(max_examples=scaled(40))(_test))

ROOT = Path(__file__).parents[3]


@pytest.fixture
def many_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """However little there is to do, it is given to several threads."""
    monkeypatch.setattr(fast, "SMALL", 0)
    yield
    pool.set_threads(None)


def everything(net: gn.Network, x: Any, lengths: Any) -> list[bytes]:
    """The bits of outputs, the loss and all gradients."""
    outputs = net.run(x, lengths=lengths)
    value, gradient = net.value_and_grad(x, np.zeros_like(outputs), lengths=lengths)
    back = net.vjp(x, np.ones_like(outputs), lengths=lengths)
    return [np.asarray(each).tobytes() for each in (outputs, value, gradient, back.inputs, back.parameters)]


@settings(max_examples=scaled(24))
@given(graph=neuron_graphs(), data=st.data(), n_samples=st.sampled_from([1, 3, 8, 17, 40, 150]), rows=st.booleans())
def test_any_number_of_threads_gives_the_same_bits(
    graph: nx.DiGraph, data: st.DataObject, n_samples: int, rows: bool
) -> None:
    """With tiles of samples on the threads, or where these are fewer also with rows."""
    net = gn.compile(graph, seed=0, backend="fast")
    seed = data.draw(st.integers(0, 1000))
    rng = np.random.default_rng(seed)
    x, lengths = rng.normal(size=(n_samples, 6, net.n_inputs)), rng.integers(1, 7, n_samples)
    sizes = fast.SMALL, fast.LARGE_STEP, fast.LARGE_PART
    try:
        fast.SMALL = 0
        if rows:
            fast.LARGE_STEP = fast.LARGE_PART = 0
        found = []
        for number in (1, 2, 3, 4):
            pool.set_threads(number)
            found.append(everything(net, x, lengths))
        assert all(each == found[0] for each in found)
    finally:
        fast.SMALL, fast.LARGE_STEP, fast.LARGE_PART = sizes
        pool.set_threads(None)


@pytest.mark.parametrize("n_samples", [1, 33])
def test_a_dense_block_has_the_same_bits_at_any_number_of_threads(many_threads: None, n_samples: int) -> None:
    net = gn.compile(gn.graphs.lstm(3, 24, 2), seed=0, backend="fast")
    x = np.random.default_rng(0).normal(size=(n_samples, 9, 3))
    found = []
    for number in (1, 2, 3, 4):
        pool.set_threads(number)
        found.append(everything(net, x, None))
    assert all(each == found[0] for each in found)


def test_two_threads_of_the_user_share_a_network(many_threads: None) -> None:
    net = gn.compile(gn.graphs.elman(2, 30, 1), seed=0, backend="fast")
    x = np.random.default_rng(0).normal(size=(70, 9, 2))
    expected, found = everything(net, x, None), []

    def work() -> None:
        found.extend(everything(net, x, None) for _ in range(10))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(found) == 20
    assert all(each == expected for each in found)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_process_may_fork_after_training(many_threads: None) -> None:
    net = gn.compile(gn.graphs.elman(2, 30, 1), seed=0, backend="fast")
    x = np.random.default_rng(0).normal(size=(70, 9, 2))
    expected = everything(net, x, None)
    child = os.fork()
    if child == 0:
        os._exit(0 if everything(net, x, None) == expected else 1)
    # a child that waits for threads which it does not have would wait for ever
    waited: list[int] = []
    waiter = threading.Thread(target=lambda: waited.append(os.waitpid(child, 0)[1]))
    waiter.start()
    waiter.join(60)
    if not waited:
        os.kill(child, 9)
    assert waited == [0]


@pytest.fixture
def with_square(own_activations: None) -> nx.DiGraph:
    """A drawing with a registered activation."""
    gn.activations.register("square", lambda z: z * z, lambda z: 2 * z)
    graph = gn.graphs.elman(1, 4, 1)
    graph.nodes["hidden", 1]["activation"] = "square"
    return graph


@pytest.mark.parametrize("said", ["auto", "fast"])
def test_a_registered_activation_is_computed_by_the_reference_executor(
    with_square: nx.DiGraph, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAPHNET_BACKEND", said)
    net = gn.compile(with_square, seed=0)
    assert net.backend == "reference"
    assert net.scaled(1.0).backend == "reference"
    x = np.random.default_rng(0).normal(size=(3, 4, 1))
    assert net.run(x).tobytes() == gn.compile(with_square, seed=0, backend="reference").run(x).tobytes()


def test_kernels_refuse_a_registered_activation(with_square: nx.DiGraph) -> None:
    with pytest.raises(
        gn.DataError, match=r"backend 'fast': node \('hidden', 1\) has the registered activation 'square'"
    ):
        gn.compile(with_square, seed=0, backend="fast")


def test_without_numba_everything_is_computed_by_the_reference_executor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(support, "find_spec", lambda name: None)
    monkeypatch.setenv("GRAPHNET_BACKEND", "auto")
    graph = gn.graphs.elman(1, 2, 1)
    assert gn.compile(graph).backend == "reference"
    with pytest.raises(gn.DataError, match="backend 'fast': numba, which compiles kernels, is not installed"):
        gn.compile(graph, backend="fast")


def test_complex_numbers_go_to_the_reference_executor() -> None:
    """Hessian products of a network of kernels are those of the reference to the last bit."""
    x, y = np.random.default_rng(0).normal(size=(2, 3, 5, 1))
    found = []
    for backend in ("fast", "reference"):
        net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0, backend=backend)
        assert net.backend == backend
        found.append(net.hvp(x, y, np.ones(len(net.parameters))))
    assert found[0].tobytes() == found[1].tobytes()


@pytest.mark.parametrize("backend", ["fast", "reference"])
def test_a_state_and_a_loss_of_double_precision_leave_a_network_of_single_precision_as_it_is(backend: str) -> None:
    graph, x = gn.graphs.elman(1, 4, 1), np.random.default_rng(0).normal(size=(3, 5, 1))
    state = gn.compile(graph, seed=0).run(x, return_state=True).state
    net = gn.compile(graph, seed=0, dtype="float32", backend=backend)
    run = net.run(x, state=state, return_state=True)
    assert (run.outputs.dtype, run.state.history.dtype) == (np.float32, np.float32)

    def loss(outputs: Any, targets: Any, mask: Any) -> tuple[float, Any]:
        difference = outputs.astype(np.float64) - targets
        return float((difference**2).sum()), 2 * difference

    _, gradient, final = net.value_and_grad(x, x, loss=loss, state=state, return_state=True)
    assert (gradient.dtype, final.history.dtype) == (np.float32, np.float32)
    assert net.vjp(x, x, state=state, grad_state=state).state.history.dtype == np.float32


@pytest.mark.parametrize("said", ["fast", "reference", "auto"])
def test_the_environment_says_what_auto_is(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAPHNET_BACKEND", said)
    assert gn.compile(gn.graphs.elman(1, 2, 1)).backend == ("fast" if said == "auto" else said)
    assert gn.compile(gn.graphs.elman(1, 2, 1), backend="reference").backend == "reference"
    monkeypatch.setenv("GRAPHNET_BACKEND", "abacus")
    with pytest.raises(gn.DataError, match="GRAPHNET_BACKEND=abacus in the environment is not one of auto, fast, ref"):
        gn.compile(gn.graphs.elman(1, 2, 1))


RUN = """
import sys
import numpy as np, networkx as nx, graphnet as gn
graph = nx.DiGraph([("x", "y", {"weight": 1.0})])
graph.nodes["x"]["role"], graph.nodes["y"]["role"] = "input", "output"
graph.nodes["y"]["activation"] = "tanh"
print(gn.compile(graph, seed=0).run([[[0.25]]])[0, 0, 0])
from graphnet.execute.fast.kernels import scan as kernels
print(sum(kernels.forward.stats.cache_misses.values()))
"""


def call(package: Path, cache: Path) -> tuple[float, int]:
    """tanh(0.25) as a copy of the package gives it, and how often it compiled the forward kernel."""
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=package,
        env={**os.environ, "GRAPHNET_BACKEND": "fast", "GRAPHNET_CACHE_DIR": str(cache), "PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    value, misses = done.stdout.split()
    return float(value), int(misses)


@pytest.mark.costly
def test_compiled_kernels_are_kept_until_a_source_of_theirs_is_edited(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "graphnet", tmp_path / "graphnet", ignore=shutil.ignore_patterns("__pycache__"))
    cache = tmp_path / "cache"
    assert call(tmp_path, cache) == (pytest.approx(np.tanh(0.25), rel=1e-15), 1)
    assert call(tmp_path, cache) == (pytest.approx(np.tanh(0.25), rel=1e-15), 0)
    # numba's own cache looks at scan.py alone, which imports this one
    path = tmp_path / "graphnet/execute/fast/kernels/formulas.py"
    path.write_text(path.read_text().replace("small = x + x * z * (p / q)", "small = x - x * z * (p / q)"))
    value, misses = call(tmp_path, cache)
    assert misses == 1
    assert value == pytest.approx(0.5 - np.tanh(0.25), rel=1e-12)
    # what is broken is compiled anew
    for file in cache.rglob("*.nbc"):
        file.write_bytes(b"broken")
    assert call(tmp_path, cache)[1] == 1


TRAIN = """
import numpy as np, graphnet as gn
from graphnet.execute.fast.kernels import scan as kernels
net = gn.compile(gn.graphs.elman(1, 1, 1), seed=0, dtype="float32")
net.value_and_grad(np.zeros((1, 2, 1)), np.zeros((1, 2, 1)))
print(*(sum(each.stats.cache_misses.values()) for each in (kernels.forward, kernels.backward)))
"""


@pytest.mark.slow
def test_another_process_compiles_the_backward_kernel_meanwhile(tmp_path: Path) -> None:
    """Catches one after the other, which takes more than 20 seconds, and processes that start each other."""
    environment = {**os.environ, "GRAPHNET_BACKEND": "fast", "GRAPHNET_CACHE_DIR": str(tmp_path)}
    for expected in ("1 0", "0 0"):
        done = subprocess.run([sys.executable, "-c", TRAIN], cwd=ROOT, env=environment, capture_output=True, text=True,
                              timeout=300, check=False)  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.strip() == expected
    assert len(list(tmp_path.rglob("backward-*.done"))) == 1


@pytest.mark.parametrize("obstacle", ["one processor", "a folder that is a file"])
def test_where_that_cannot_be_nobody_is_started(obstacle: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    monkeypatch.setenv("GRAPHNET_CACHE_DIR", str(tmp_path))
    if obstacle == "one processor":
        monkeypatch.setattr(beside, "n_processors", lambda: 1)
    else:
        (tmp_path / "kernels").write_text("")
    assert beside._start("float32", 3) is None


def leaky_and_continuous() -> nx.MultiDiGraph:
    graph = nx.MultiDiGraph(gn.graphs.elman(2, 6, 1))
    graph.nodes["hidden", 0]["tau"], graph.nodes["hidden", 1]["leak"], graph.nodes["hidden", 2]["initial"] = (
        3.0,
        0.4,
        0.5,
    )
    graph.nodes["hidden", 5].update(leak=0.7, train_leak=True)
    graph.add_edge(("hidden", 3), ("hidden", 4), weight=0.3, delay=5)
    return graph


@pytest.mark.parametrize(
    "graph",
    [gn.graphs.lstm(2, 9, 1), gn.graphs.bidirectional(gn.graphs.elman(2, 4, 1)), leaky_and_continuous()],
    ids=["dense", "reversed", "leaky and continuous"],
)
def test_memory_that_is_used_again_changes_no_bit(graph: nx.DiGraph) -> None:
    """Catches what batches of other shapes and lengths, and runs between them, leave behind."""
    used, rng = gn.compile(graph, seed=0, backend="fast"), np.random.default_rng(0)
    shapes = [(1, 7), (3, 7), (20, 9), (20, 9), (20, 9), (20, 9), (8, 9), (5, 30), (20, 3), (3, 7), (3, 7)]
    for number, (n_samples, n_steps) in enumerate(shapes * 2):
        x, y = (rng.normal(size=(n_samples, n_steps, n)) for n in (used.n_inputs, used.n_outputs))
        lengths = rng.integers(1, n_steps + 1, n_samples) if number % 2 else None
        found = []
        for net in (used, gn.compile(graph, seed=0, backend="fast")):
            run = net.run(x, lengths=lengths) if number % 4 == 1 else np.zeros(0)
            value, gradient = net.value_and_grad(x, y, lengths=lengths)
            ways: list[dict[str, Any]] = [{}]
            if number % 5 == 1 and not net._engine.has_reverse:
                ways.append({"grad_state": net.run(-x, return_state=True).state})
            # whichever comes second finds what the first has left
            backs = [net.vjp(x, y, lengths=lengths, **ways[k]) for k in range(len(ways))[:: -1 if net is used else 1]]
            each = [back.parameters for back in backs] + [back.inputs for back in backs]
            found.append(sorted(part.tobytes() for part in [run, gradient, np.array(value), *each]))
        assert found[0] == found[1], (n_samples, n_steps)


def test_what_is_given_back_shares_no_memory_with_what_is_used_again() -> None:
    """A graph of one input and one output, whose values at all steps are one stretch of memory."""
    graph = nx.DiGraph()
    graph.add_node("in", role="input")
    graph.add_node("out", role="output")
    graph.add_edge("in", "out", weight=1.0)
    net = gn.compile(graph, seed=0, backend="fast")
    x = np.random.default_rng(0).normal(size=(1, 5, 1))
    run, back = net.run(x), net.vjp(x, x)
    kept = run.copy(), back.inputs.copy(), back.parameters.copy()
    for other in (-x, 2 * x):
        net.value_and_grad(other, other)
        net.vjp(other, other)
    assert all((a == b).all() for a, b in zip(kept, (run, back.inputs, back.parameters), strict=True))
    # nor does an input that nobody reads
    graph.remove_edge("in", "out")
    net = gn.compile(graph, seed=0, backend="fast")
    found = net.vjp(x, x).inputs
    net.vjp(-x, -x)
    assert (found == 0).all()


def test_a_learnt_leak_compiles_nothing_anew() -> None:
    """Kernels branch on what neurons are: whoever trains one network has the code for all."""
    plain, learnt = gn.graphs.echo_state(1, 9, 1, leak=0.5, density=0.5, seed=0), gn.graphs.elman(1, 3, 1)
    learnt.nodes["hidden", 0]["train_leak"] = True
    learnt.nodes["hidden", 1].update(train_leak=True, activation="softmax", group="G", onset=1)
    compiled = []
    for graph in (plain, learnt):
        net = gn.compile(graph, seed=0, backend="fast")
        net.value_and_grad(np.ones((1, 4, 1)), np.ones((1, 4, 1)))
        compiled.append([len(each.signatures) for each in (kernels.forward, kernels.backward)])
    assert compiled[0] == compiled[1]


def test_memory_of_a_learnt_leak_is_estimated() -> None:
    """A row of f(z) for each neuron, whatever the number of steps."""
    found = []
    for said in ({"leak": 0.5}, {"leak": 0.5, "train_leak": True}):
        graph = gn.graphs.elman(1, 50, 1)
        graph.nodes["hidden", 0].update(said)
        net = gn.compile(graph, seed=0, backend="fast")
        found.append([net.estimate(8, n_steps).value_and_grad for n_steps in (10, 100)])
    (few, many), (few_learnt, many_learnt) = found
    assert few_learnt - few == many_learnt - many >= 52 * 8 * 8
