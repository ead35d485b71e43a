"""Peers in torch and JAX against the networks that they are of, and who is left out and why."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import graphnet as gn
from graphnet.bench import PEERS, peers, time_network
from graphnet.bench.parts import divide
from graphnet.bench.peers import Batch, LeftOutError, Peers

from .peers import DRAWINGS, MadeUp, problem

ROOT = Path(__file__).parents[2]
FULL = {"feedforward", "elman", "convolution"}
"""Drawings whose matrices have no zeros."""


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A torch and a JAX of which nothing can be used."""
    for library in ("torch", "jax"):
        monkeypatch.setitem(sys.modules, library, ModuleType(library))


@pytest.fixture
def _one_thread() -> Iterator[None]:
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def reason(name: str, net: gn.Network, batch: Batch) -> str:
    """Why a peer is left out."""
    with pytest.raises(LeftOutError) as caught:
        Peers(net, batch).make(name)
    return str(caught.value)


@pytest.mark.usefixtures("_one_thread")
@pytest.mark.filterwarnings("ignore:Sparse:UserWarning")
@pytest.mark.parametrize("name", DRAWINGS)
def test_torch_comes_to_the_same_loss_and_gradient(name: str) -> None:
    net, x, y = problem(name)
    value, gradient = net.value_and_grad(x, y)
    made = Peers(net, Batch(x, y, None))
    for peer in (peer for peer, kind in PEERS.items() if kind.library == "torch"):
        if name in FULL and PEERS[peer].form in ("sparse", "edges"):
            assert "no matrix of this network has zeros" in reason(peer, net, Batch(x, y, None))
            continue
        made.make(peer).run()
        theirs, their_gradient = made.make(peer).value_and_grad()
        assert theirs == pytest.approx(value, rel=1e-12), peer
        np.testing.assert_allclose(their_gradient, gradient, atol=1e-12 * np.abs(gradient).max(), err_msg=peer)


TRIED = [["everything", "JAX BCOO"], ["sparse matrix", "JAX edges"], ["sparse matrix", "JAX dense"]]
"""In double precision the first, in single the others; JAX takes seconds to compile one."""
IN_JAX = f"""
import json, numpy as np
from graphnet.bench.parts import divide
from graphnet.bench.peers import Batch, Peers
from tests.bench.peers import problem
for name, peer in {TRIED}:
    net, x, y = problem(name, "float64" if name == "everything" else "float32")
    value, gradient = net.value_and_grad(x, y)
    found = Peers(net, Batch(x, y, None)).make(peer)
    found.run()
    assert 3 * 9 * net.n_outputs <= found.estimate().run < 1e6
    theirs, their_gradient = found.value_and_grad()
    error = float(np.abs(their_gradient - gradient).max() / np.abs(gradient).max())
    print(json.dumps([name, peer, str(their_gradient.dtype), abs(theirs - value) / value, error]))
"""


@pytest.mark.skipif(find_spec("jax") is None, reason="JAX is not installed")
def test_jax_comes_to_the_same_loss_and_gradient() -> None:
    """In a process of its own: JAX warns of every fork after it, and other tests fork."""
    done = subprocess.run([sys.executable, "-c", IN_JAX], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row[:2] for row in rows] == TRIED
    for name, peer, dtype, *errors in rows:
        assert dtype == ("float64" if name == "everything" else "float32")
        assert max(errors) < (1e-12 if dtype == "float64" else 1e-5), (name, peer)


@pytest.mark.parametrize("name", PEERS)
def test_a_peer_that_is_not_installed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net, x, y = problem("sparse matrix")
    library = PEERS[name].library
    monkeypatch.setitem(sys.modules, library, None)
    assert reason(name, net, Batch(x, y, None)) == f"{library} is not installed"


@pytest.mark.usefixtures("installed")
def test_what_peers_cannot_compute_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    net, x, y = problem("sparse matrix")
    batch = Batch(x, y, None)
    assert reason("torch module", net, Batch(x, y, "the moon is full")) == "the moon is full"
    monkeypatch.setattr(peers, "MOST_DENSE", 24)
    assert reason("torch dense", net, batch) == "25 nodes, and dense matrices are tried up to 24"
    monkeypatch.setattr(peers, "free_memory", lambda: 5000)
    assert reason("JAX edges", net, batch).startswith("it would take some 0.0 GB, and 0.0 GB are free")
    gated = gn.compile(gn.graphs.lstm(3, 2, 2), seed=0)
    assert reason("torch CSR", gated, batch) == "edge (('candidate', 0), ('cell', 0)) is gated"


def test_what_a_peer_would_take_grows_with_what_it_keeps() -> None:
    net, x, y = problem("sparse matrix")
    made, parts = Peers(net, Batch(x, y, None)), divide(net)
    dense, sparse, edges = (made._memory(parts, form) for form in ("dense", "sparse", "edges"))
    assert sparse < dense
    assert edges - sparse == 80 * 3 * 9 * 8  # synapses between neurons, samples, steps, bytes


def measured(name: str, **options: object) -> gn.bench.Benchmark:
    net, x, y = problem(name, "float32")
    return time_network(net, options.pop("inputs", x), options.pop("targets", y), rounds=2, **options)


def test_a_network_alone() -> None:
    found = measured("sparse matrix", threads=1)
    net, x, y = problem("sparse matrix", "float32")
    assert [(row.who, row.what) for row in found.rows] == [("graphnet", "forward"), ("graphnet", "training step")]
    run, step = found.rows
    assert run.synapse_steps == step.synapse_steps == net.n_edges * 3 * 9
    assert run.rate == run.synapse_steps / run.timed.median
    assert (run.predicted, step.predicted) == net.estimate(3, 9)
    assert (run.loss, step.loss) == (None, net.value_and_grad(x, y)[0])
    assert (found.threads, found.left_out, found.failed, found.wrong) == (1, {}, {}, [])
    assert found.of("graphnet", "forward") is run
    with pytest.raises(KeyError):
        found.of("graphnet", "lunch")
    json.dumps(found.as_json())


def test_steps_past_a_sequences_end_do_not_count() -> None:
    found = measured("elman", lengths=[9, 4, 2])
    assert found.rows[0].synapse_steps == (15 + 25 + 10) * 15


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"lengths": [9, 4, 2]}, "the sequences are of different lengths"),
        ({"targets": np.zeros((3, 2))}, "the targets are of the last step only"),
        ({"targets": np.zeros((3, 9), int), "loss": "cross_entropy"}, "the loss is not mse"),
    ],
)
@pytest.mark.usefixtures("installed")
def test_a_loss_that_peers_do_not_know(options: dict, says: str) -> None:
    found = measured("elman", peers=PEERS, **options)
    assert found.left_out == dict.fromkeys(PEERS, says)
    assert len(found.rows) == 2


def made_up(monkeypatch: pytest.MonkeyPatch, **peer: object) -> None:
    monkeypatch.setattr(Peers, "make", lambda self, name: MadeUp(**peer))
    monkeypatch.setattr("graphnet.bench.timing.peers_threads", lambda names, number: pytest.MonkeyPatch.context())


def test_a_peer_with_another_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    own = measured("elman").of("graphnet", "training step").loss
    made_up(monkeypatch, loss=own * 1.001)
    found = measured("elman", peers=["torch dense"])
    assert [(row.who, row.what) for row in found.wrong] == [("torch dense", "training step")]
    assert [(row.timed.memory, row.predicted) for row in found.rows[2:]] == [(None, 123), (None, 456)]
    made_up(monkeypatch, loss=own * 1.00001)
    assert measured("elman", peers=["torch dense"]).wrong == []
    made_up(monkeypatch, loss=float("nan"))
    assert len(measured("elman", peers=["torch dense"]).wrong) == 1


def test_a_peer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up(monkeypatch, error=RuntimeError("the matrix\n  is " + "too " * 100 + "large"))
    found = measured("elman", peers=["torch CSR"])
    said = found.failed["torch CSR"]
    assert said.startswith("training step: RuntimeError: the matrix is too too ")
    assert "\n" not in said
    assert len(said) < 300
    assert [(row.who, row.what) for row in found.rows][2:] == [("torch CSR", "forward")]

    def fail(self: object, name: str) -> None:
        raise MemoryError

    monkeypatch.setattr(Peers, "make", fail)
    assert measured("elman", peers=["torch CSR"]).failed == {"torch CSR": "MemoryError"}


def test_what_does_not_fit_is_said_at_once() -> None:
    net, x, y = problem("elman")
    with pytest.raises(gn.DataError, match="peer 'torhc' is not one of 'torch dense'"):
        time_network(net, x, y, peers=["torhc"])
    with pytest.raises(gn.DataError, match="inputs have shape"):
        time_network(net, x[:, :, :2], y)
    with pytest.raises(gn.DataError, match="targets: shape"):
        time_network(net, x, y[:, :, :1])


def test_an_error_of_ones_own_is_no_row() -> None:
    net, x, y = problem("elman")
    with pytest.raises(gn.DataError, match="is not a finite number"):
        time_network(net, np.where(x > 2, np.nan, x) if (x > 2).any() else x * np.nan, y)
