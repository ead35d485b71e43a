"""``time_network``: a network alone, and beside peers that are made up."""

from __future__ import annotations

import json

import numpy as np
import pytest

import graphnet as gn
from benchmarks.peers import PEERS
from graphnet.bench import time_network

from .peers import MadeUp, made_up, problem


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


def test_a_peer_with_another_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    own = measured("elman").of("graphnet", "training step").loss
    made_up(monkeypatch, lambda name: MadeUp(loss=own * 1.001))
    found = measured("elman", peers=["torch dense"])
    assert [(row.who, row.what) for row in found.wrong] == [("torch dense", "training step")]
    assert [(row.timed.memory, row.predicted) for row in found.rows[2:]] == [(None, 123), (None, 456)]
    made_up(monkeypatch, lambda name: MadeUp(loss=own * 1.00001))
    assert measured("elman", peers=["torch dense"]).wrong == []
    made_up(monkeypatch, lambda name: MadeUp(loss=float("nan")))
    assert len(measured("elman", peers=["torch dense"]).wrong) == 1


def test_a_peer_that_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    made_up(monkeypatch, lambda name: MadeUp(error=RuntimeError("the matrix\n  is " + "too " * 100 + "large")))
    found = measured("elman", peers=["torch CSR"])
    said = found.failed["torch CSR"]
    assert said.startswith("training step: RuntimeError: the matrix is too too ")
    assert "\n" not in said
    assert len(said) < 300
    assert [(row.who, row.what) for row in found.rows][2:] == [("torch CSR", "forward")]

    def fail(name: str) -> MadeUp:
        raise MemoryError

    made_up(monkeypatch, fail)
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
