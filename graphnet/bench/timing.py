"""Times of a network, and of peers that compute the same, for a run and for a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np

from ..errors import DataError
from ..execute.batch import read_batch
from ..language.arrays import Array
from ..language.checks import read_names
from ..losses import Loss, MeanSquaredError, resolve_loss
from ..network.network import Network
from .peers import LeftOutError, Peer, PeerBatch, load_peers, peer_names
from .report import FORWARD, OURSELVES, STEP, Benchmark, Measurement
from .rounds import time_rounds
from .threads import some_threads

TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
"""Relative difference up to which two losses are the same."""
MOST_WORDS = 200
"""Most letters of a peer's error that are reported; some libraries print whole arrays."""


def time_network(
    net: Network,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | Mapping[str, Any] = "mse",
    lengths: Any = None,
    peers: Iterable[str] = (),
    rounds: int = 21,
    budget: float = 20.0,
    threads: int | None = None,
    progress: Callable[[str], None] | None = None,
) -> Benchmark:
    """Time ``net.run`` and ``net.value_and_grad`` on one batch, and peers on the same numbers, in turns.

    A peer is the same network written by hand: its synapses as matrices of another library, which also computes the
    gradient.  It has to find the same loss.  A peer that cannot take part is left out, and the reason is reported.

    Parameters
    ----------
    inputs, targets, loss, lengths
        As ``net.value_and_grad`` takes them.  Peers compute mse at every step of sequences of one length.
    peers : names of ``graphnet.bench.peer_names()``
        The peers are found where graphnet is installed from a checkout of its source.
    rounds, budget, progress
        As ``time_rounds`` takes them.
    threads : int, optional
        Number of threads of the network and of each peer; None: one for each processor.

    Raises
    ------
    DataError
        For data that do not fit, and for an unknown peer.
    ImportError
        If peers are asked for and not found.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(2, 8, 1), dtype="float32", seed=0)
    >>> found = gn.bench.time_network(net, np.zeros((3, 5, 2)), np.zeros((3, 5, 1)), rounds=3)
    >>> [(row.who, row.what, row.synapse_steps) for row in found.rows]
    [('graphnet', 'forward', 1320), ('graphnet', 'training step', 1320)]
    """
    names = list(dict.fromkeys(read_names(peers, "peers")))
    known = peer_names() if names else ()
    for name in names:
        if name not in known:
            raise DataError(f"peer {name!r} is not one of {', '.join(map(repr, known))}")
    resolved = resolve_loss(loss)
    # data that do not fit are an error before anything is timed
    mask = read_batch(inputs, lengths, net.n_inputs, net.dtype).mask
    x = np.asarray(inputs)
    y = resolved.check((*mask.shape, net.n_outputs), targets, mask)
    own: dict[str, Callable[[], Any]] = {
        _call(OURSELVES, FORWARD): lambda: net.run(x, lengths=lengths),
        _call(OURSELVES, STEP): lambda: net.value_and_grad(x, targets, loss=resolved, lengths=lengths),
    }
    with some_threads(threads) as n_threads, np.errstate(over="ignore", invalid="ignore"):
        made, left_out, failed = _make(net, PeerBatch(x, y, _unfit(y, resolved, mask)), names)
        theirs = {_call(name, what): call for name, peer in made.items() for what, call in _calls(peer)}
        with load_peers().peers_threads(made, n_threads) if made else nullcontext():
            timed = time_rounds(own | theirs, rounds=rounds, budget=budget, progress=progress)
    for name in own:
        if (error := timed[name].error) is not None:
            raise error
    predicted = {OURSELVES: net.estimate(*mask.shape)} | {name: peer.estimate() for name, peer in made.items()}
    ours = timed[_call(OURSELVES, STEP)].result[0]
    rows = []
    for who in (OURSELVES, *made):
        for what in (FORWARD, STEP):
            found = timed[_call(who, what)]
            if found.error is not None:
                failed[who] = f"{what}: {_in_words(found.error)}"
                continue
            value = found.result[0] if what == STEP else None
            agrees = value is None or bool(np.isclose(value, ours, TOLERANCE[str(net.dtype)], 0, equal_nan=True))
            if who in made and made[who].keeps_memory:
                found.memory = None
            estimate = predicted[who]
            expected = estimate and (estimate.run if what == FORWARD else estimate.value_and_grad)
            rows.append(Measurement(who, what, found, net.n_edges * int(mask.sum()), expected, value, agrees))
    return Benchmark(rows, left_out, failed, n_threads)


def _call(who: str, what: str) -> str:
    return f"{who}, {what}"


def _calls(peer: Peer) -> Iterator[tuple[str, Callable[[], Any]]]:
    yield FORWARD, peer.run
    yield STEP, peer.value_and_grad


def _make(net: Network, batch: PeerBatch, names: list[str]) -> tuple[dict[str, Peer], dict[str, str], dict[str, str]]:
    """Return the peers that can take part, why others are left out, and the errors of the rest."""
    made, left_out, failed = dict[str, Peer](), dict[str, str](), dict[str, str]()
    if not names:
        return made, left_out, failed
    peers = load_peers().Peers(net, batch)
    for name in names:
        try:
            made[name] = peers.make(name)
        except LeftOutError as error:
            left_out[name] = str(error)
        except Exception as error:
            failed[name] = _in_words(error)
    return made, left_out, failed


def _unfit(targets: Array, loss: Loss, mask: Array) -> str | None:
    """Return the reason why peers cannot compute this loss, or None."""
    if not isinstance(loss, MeanSquaredError):
        return "the loss is not mse"
    if loss.at_last(targets, mask):
        return "the targets are of the last step only"
    return None if mask.all() else "the sequences are of different lengths"


def _in_words(error: Exception) -> str:
    """Return an error as one line of limited length."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:MOST_WORDS]}{'...' * (len(words) > MOST_WORDS)}".removesuffix(": ")
