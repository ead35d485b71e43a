"""How long a network, and peers that compute the same, take for a run and for a training step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from ..errors import DataError
from ..execute.batch import read_batch
from ..language.table import Array
from ..losses import Loss, MeanSquaredError, resolve_loss
from ..network.network import Network
from .peers import PEERS, Batch, LeftOutError, Peer, Peers, peers_threads
from .report import FORWARD, OURSELVES, STEP, Benchmark, Measurement
from .rounds import time_rounds
from .threads import some_threads

TOLERANCE = {"float32": 1e-4, "float64": 1e-9}
"""Two losses that are closer than that, relative to the larger, are the same."""
MOST_WORDS = 200
"""Letters of what a peer fails with; some libraries print whole arrays."""


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

    A peer is the same network by hand: the matrices that its synapses are, in another library, with a gradient by that
    library.  It has to come to the same loss.  Whoever cannot take part is left out, and the reason is reported.

    Parameters
    ----------
    inputs, targets, loss, lengths
        As ``net.value_and_grad`` takes them.  Peers compute mse at every step of sequences of one length.
    peers : names of ``graphnet.bench.PEERS``
    rounds, budget, progress
        As ``time_rounds`` takes them.
    threads : int, optional
        How many everybody has; None: as many as there are processors.

    Raises
    ------
    DataError
        For data that do not fit, and names of no peer.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(2, 8, 1), dtype="float32", seed=0)
    >>> found = gn.bench.time_network(net, np.zeros((3, 5, 2)), np.zeros((3, 5, 1)), rounds=3)
    >>> [(row.who, row.what, row.synapse_steps) for row in found.rows]
    [('graphnet', 'forward', 1320), ('graphnet', 'training step', 1320)]
    """
    names = list(dict.fromkeys(peers))
    for name in names:
        if name not in PEERS:
            raise DataError(f"peer {name!r} is not one of {', '.join(map(repr, PEERS))}")
    resolved, x = resolve_loss(loss), np.asarray(inputs)
    # what does not fit is said before anybody takes his time
    mask = read_batch(inputs, lengths, net.n_inputs, net.dtype).mask
    y = resolved.check((*mask.shape, net.n_outputs), targets, mask)
    own: dict[str, Callable[[], Any]] = {
        _call(OURSELVES, FORWARD): lambda: net.run(x, lengths=lengths),
        _call(OURSELVES, STEP): lambda: net.value_and_grad(x, targets, loss=resolved, lengths=lengths),
    }
    with some_threads(threads) as n_threads, np.errstate(over="ignore", invalid="ignore"):
        made, left_out, failed = _make(net, Batch(x, y, _unfit(y, resolved, mask)), names)
        theirs = {_call(name, what): call for name, peer in made.items() for what, call in _calls(peer)}
        with peers_threads(made, n_threads):
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


def _make(net: Network, batch: Batch, names: list[str]) -> tuple[dict[str, Peer], dict[str, str], dict[str, str]]:
    """The peers that there are, why others are left out, and what others failed with."""
    peers, made, left_out, failed = Peers(net, batch), {}, {}, {}
    for name in names:
        try:
            made[name] = peers.make(name)
        except LeftOutError as error:
            left_out[name] = str(error)
        except Exception as error:
            failed[name] = _in_words(error)
    return made, left_out, failed


def _unfit(targets: Array, loss: Loss, mask: Array) -> str | None:
    """Why peers cannot compute this loss."""
    if not isinstance(loss, MeanSquaredError):
        return "the loss is not mse"
    if loss.at_last(targets, mask):
        return "the targets are of the last step only"
    return None if mask.all() else "the sequences are of different lengths"


def _in_words(error: Exception) -> str:
    """An error as one line, which is not endless."""
    words = " ".join(str(error).split())
    return f"{type(error).__name__}: {words[:MOST_WORDS]}{'...' * (len(words) > MOST_WORDS)}".removesuffix(": ")
