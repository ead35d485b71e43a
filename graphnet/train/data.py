"""The data of a fit: checked once as a whole, then split, ordered and cut into batches without copying the rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any

import numpy as np

from ..errors import DataError
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.checks import read_data, shown, valid_steps
from ..language.one_hot import OneHot
from ..losses import Loss, Weighted, check_weights
from .settings import VALIDATION
from .trainable import Runnable

POOL = 16
"""Number of batches that are sorted by length together: more of them waste less on padding, and shuffle less."""
_MANY = 256
"""Number of samples that are read together where their order does not matter."""


@dataclass(frozen=True, eq=False)
class MiniBatch:
    """Samples of one update, cut to the longest of them.

    Attributes
    ----------
    inputs : (n_samples, n_steps, n_inputs)
    targets
        One a step, cut like the inputs, or one a sample where ``at_last``.
    lengths : (n_samples,)
    mask : (n_samples, n_steps)
        True at the valid steps.
    weights : (n_samples, n_steps) or None
    at_last : bool
        True if the targets are counted at each sequence's last step only.
    rows : (n_samples,)
        The samples of the batch that this is a `window` of; all of them, in order, for a whole batch.
    samples : (n_samples of the whole batch,) or None
        The numbers of these among all samples, where they are known.
    """

    inputs: Array
    targets: Array
    lengths: Array
    mask: Array
    weights: Array | None
    at_last: bool
    rows: Array
    samples: Array | None = None

    __repr__ = one_line

    @property
    def n_samples(self) -> int:
        """Return the number of samples."""
        return len(self.lengths)

    def window(self, first: int, n_steps: int) -> MiniBatch | None:
        """Return ``n_steps`` steps from step ``first`` on, of the samples that get there; None if none do.

        Targets of the last step count in the window in which their sequence ends, and weigh 0 in the others.  A window
        over all steps is the batch itself.

        Examples
        --------
        >>> inputs, lengths = np.arange(6.0).reshape(2, 3, 1), np.array([1, 3])
        >>> batch = MiniBatch(inputs, inputs, lengths, valid_steps(lengths, 3), None, False, np.arange(2))
        >>> late = batch.window(1, 5)
        >>> late.inputs.tolist(), late.lengths.tolist(), late.rows.tolist()
        ([[[4.0], [5.0]]], [2], [1])
        """
        if first == 0 and n_steps >= self.mask.shape[1]:
            return self
        rows = np.flatnonzero(self.lengths > first)
        if not len(rows):
            return None
        lengths = np.minimum(self.lengths[rows] - first, n_steps)
        steps = slice(first, first + int(lengths.max()))
        weights = None if self.weights is None else self.weights[rows, steps]
        ends = self.lengths[rows] <= steps.stop
        if self.at_last and not ends.all():
            weights = np.where(ends[:, np.newaxis], 1.0 if weights is None else weights, 0.0)
            weights = np.broadcast_to(weights, (len(rows), steps.stop - first))
        return MiniBatch(
            self.inputs[rows, steps],
            self.targets[rows] if self.at_last else self.targets[rows, steps],
            lengths,
            self.mask[rows, steps],
            weights,
            self.at_last,
            rows,
            self.samples,
        )


@dataclass(frozen=True, eq=False)
class Sequences:
    """Inputs (n_samples, n_steps, n_inputs), their targets, lengths and weights, and the ``rows`` in use.

    ``weights`` are (n_samples, n_steps) or None; ``at_last`` says that the targets are one a sample, not one a step.
    """

    inputs: Array | OneHot
    targets: Array
    lengths: Array
    rows: Array
    weights: Array | None = None
    at_last: bool = False

    __repr__ = one_line

    def take(self, rows: Array) -> Sequences:
        """Return the samples that ``rows`` names, sharing the arrays."""
        return replace(self, rows=self.rows[rows])

    def bucketed(self, batch_size: int, rng: np.random.Generator) -> Sequences:
        """Return the samples in an order for one epoch in which batches hold sequences of similar length.

        Drawn at random, sorted by length in pools of 16 batches, cut into batches, and these drawn at random again.  If
        some batch has fewer samples, it is the last, and its lengths are those of any place in its pool.

        References
        ----------
        Doetsch, Golik and Ney, A comprehensive study of batch construction strategies for recurrent neural networks in
        MXNet, arXiv 1705.02414, 2017: shuffling, and sorting within bins.
        """
        order = rng.permutation(len(self.rows))
        batches: list[Array] = []
        rest = order[:0]
        for start in range(0, len(order), POOL * batch_size):
            pool = order[start : start + POOL * batch_size]
            pool = pool[np.argsort(self.lengths[self.rows[pool]], kind="stable")]
            n_whole, n_rest = divmod(len(pool), batch_size)
            if n_rest:
                cut = int(rng.integers(n_whole + 1)) * batch_size
                rest, pool = pool[cut : cut + n_rest], np.delete(pool, slice(cut, cut + n_rest))
            batches += [pool[i * batch_size : (i + 1) * batch_size] for i in range(n_whole)]
        shuffled = [batches[i] for i in rng.permutation(len(batches))]
        return self.take(np.concatenate([*shuffled, rest]))

    def batches(self, batch_size: int) -> Iterator[MiniBatch]:
        """Yield ``batch_size`` samples at a time, in the order of ``rows``; the last batch has what is left."""
        for number in range(-(-len(self.rows) // batch_size)):
            yield self.batch(number, batch_size)

    def batch(self, number: int, batch_size: int) -> MiniBatch:
        """Return one of the `batches`, by its number from 0."""
        rows = self.rows[number * batch_size : (number + 1) * batch_size]
        lengths = self.lengths[rows]
        n_steps = int(lengths.max())
        return MiniBatch(
            self.inputs[rows, :n_steps],
            self.targets[rows] if self.at_last else self.targets[rows, :n_steps],
            lengths,
            valid_steps(lengths, n_steps),
            None if self.weights is None else self.weights[rows, :n_steps],
            self.at_last,
            np.arange(len(rows)),
            rows,
        )


def check_sequences(
    net: Runnable, loss: Loss, inputs: Any, targets: Any, lengths: Any, weights: Any = None
) -> Sequences:
    """Return the data as arrays that fit ``net`` and ``loss``; raise DataError where they do not.

    Checked as a whole, before any batch is drawn, so that a message names the sample by its number there.
    """
    if isinstance(loss, Weighted):
        raise DataError(
            "loss: gn.losses.Weighted holds the weights of one batch; for a whole data set give the loss itself, and "
            "its weights as weights="
        )
    array, numbers, mask = read_data(inputs, lengths, net.n_inputs, net.dtype)
    n_samples, n_steps, _ = array.shape
    weighed = None if weights is None else check_weights(weights, mask)
    wanted = loss.check((n_samples, n_steps, net.n_outputs), targets, mask, weighed)
    if wanted.shape[:1] != (n_samples,):
        raise DataError(f"targets: shape {wanted.shape}; must have the {n_samples} samples of the inputs first")
    data = Sequences(array, wanted, numbers, np.arange(n_samples), weighed, loss.at_last(wanted, mask))
    _check_something_counts(net, loss, data, "weights: nothing is counted")
    return data


def split_validation(
    net: Runnable,
    loss: Loss,
    data: Sequences,
    validation: Any,
    rng: np.random.Generator,
    *,
    contiguous: bool = False,
) -> tuple[Sequences, Sequences | None]:
    """Return the data to train on and the data to validate on; no sample is in both.

    ``validation`` is None, the fraction of the samples to hold out, drawn from ``rng`` or, ``contiguous``, the last of
    them in order, or other data: (inputs, targets), with lengths and weights behind them if any.
    """
    if validation is None:
        return data, None
    try:
        fraction = VALIDATION.read(validation)
    except ValueError:
        raise DataError(f"validation: {shown(validation)}; must be {VALIDATION.takes}") from None
    if isinstance(fraction, tuple):
        try:
            return data, check_sequences(net, loss, *fraction)
        except DataError as error:
            raise DataError(f"validation {error}") from None
    n_samples = len(data.rows)
    n_held_out = round(fraction * n_samples)
    if not 0 < n_held_out < n_samples:
        raise DataError(
            f"validation: {validation!r} of {n_samples} samples holds out {n_held_out}; at least one must be held out, "
            f"and at least one left to train on"
            + "; split of gn.io.Data holds out the last part of one series"
            * (n_samples == 1)
        )
    order = np.arange(n_samples)[::-1] if contiguous else rng.permutation(n_samples)
    training, held_out = data.take(np.sort(order[n_held_out:])), data.take(np.sort(order[:n_held_out]))
    _check_something_counts(
        net, loss, training, f"validation: {validation!r} leaves nothing that is counted to train on"
    )
    _check_something_counts(net, loss, held_out, f"validation: {validation!r} holds out nothing that is counted")
    return training, held_out


def fingerprint(data: Sequences) -> str:
    """Return a hash of the numbers in ``data``: the same for the same numbers in the same order.

    It covers numbers, shapes and dtypes of inputs, targets, lengths and weights; padding does not matter.

    Examples
    --------
    >>> inputs = np.array([[[1.0], [2.0]]])
    >>> short, padded = inputs[:, :1], inputs
    >>> one, rows = np.array([1]), np.array([0])
    >>> fingerprint(Sequences(short, short, one, rows)) == fingerprint(Sequences(padded, padded, one, rows))
    True
    """
    digest = blake2b(digest_size=16)
    trailing = data.targets.shape[1 if data.at_last else 2 :]
    kinds = [None if each is None else each.dtype.str for each in (data.inputs, data.targets, data.weights)]
    digest.update(repr((len(data.rows), data.inputs.shape[2], trailing, data.at_last, kinds)).encode())
    for batch in data.batches(_MANY):
        targets = batch.targets if batch.at_last else batch.targets[batch.mask]
        parts = [batch.lengths, batch.inputs[batch.mask], targets]
        if batch.weights is not None:
            parts.append(batch.weights[batch.mask])
        for part in parts:
            # An array of objects has addresses for bytes.
            digest.update(repr(part.tolist()).encode() if part.dtype.hasobject else part.tobytes())
    return digest.hexdigest()


def _check_something_counts(net: Runnable, loss: Loss, data: Sequences, what: str) -> None:
    total = 0.0
    for batch in data.batches(_MANY):
        with np.errstate(over="ignore"):
            total += loss.count((*batch.mask.shape, net.n_outputs), batch.targets, batch.mask, batch.weights)
        if total and data.weights is None:
            return
    if not total:
        raise DataError(f"{what}: weights, or those of classes, are 0 wherever there is a target; let some be positive")
    if not np.isfinite(total):
        raise DataError("weights: their sum is not finite; divide them by the largest of them")
