"""Positions by connections, for neurons that no layers order: springs for hundreds, a spectrum for thousands."""

from __future__ import annotations

import numpy as np
from scipy.sparse import coo_array, csr_array, diags_array
from scipy.spatial.distance import cdist

from ..language.arrays import Array

MOST_SPRINGS = 400
"""Springs repel every pair of neurons; of more neurons than this, a spectrum spread evenly takes their place."""
STEPS = 150
POWERS = 60


def by_connections(n: int, source: Array, target: Array) -> Array:
    """Return positions of n neurons at which those that are connected are near, (n, 2), at distances around 1.

    The result does not depend on the order of the synapses, and no two positions are equal.
    """
    if n <= 2:
        return np.stack([np.zeros(n), (n - 1) / 2 - np.arange(n)], axis=1)
    joined = _undirected(n, source, target)
    start = _spectral(joined)
    return _springs(joined.toarray(), start) if n <= MOST_SPRINGS else spread(start)


def spread(positions: Array) -> Array:
    """Return positions on an even grid in a disc that keeps left from right, and below from above within a strip."""
    n = len(positions)
    radius = np.sqrt(n / np.pi)
    strips = max(1, int(np.ceil(2 * radius)))
    edges = np.linspace(-1, 1, strips + 1)
    # area of the unit disc left of each edge
    area = (edges * np.sqrt(1 - edges**2) + np.arcsin(edges) + np.pi / 2) / np.pi
    bounds = np.round(area * n).astype(np.int64)
    by_x = np.argsort(positions[:, 0], kind="stable")
    strip = np.empty(n, np.int64)
    strip[by_x] = np.repeat(np.arange(strips), np.diff(bounds))
    order = np.lexsort([np.arange(n), positions[:, 1], strip])
    place = np.arange(n) - bounds[:-1][strip[order]]
    height = np.diff(bounds)[strip[order]]
    found = np.empty((n, 2))
    found[order] = np.stack([strip[order] - (strips - 1) / 2, place - (height - 1) / 2], axis=1)
    return found


def _undirected(n: int, source: Array, target: Array) -> csr_array:
    """Return the symmetric matrix of connected pairs, of ones, without a diagonal."""
    other = source != target
    source, target = source[other], target[other]
    matrix = coo_array(
        (np.ones(2 * len(source)), (np.concatenate([source, target]), np.concatenate([target, source]))), shape=(n, n)
    ).tocsr()
    matrix.sum_duplicates()
    matrix.sort_indices()
    matrix.data[:] = 1
    return matrix


def _spectral(joined: csr_array) -> Array:
    """Return the second and third eigenvector of the random walk that stays where it is half the time, (n, 2).

    By a fixed number of block power steps from fixed vectors: deterministic, and near enough for a start.
    """
    n = joined.shape[0]
    degree = np.asarray(joined.sum(axis=1)) + 1e-3  # so that neurons without connections have one
    root = 1 / np.sqrt(degree)
    walk = diags_array(root) @ joined @ diags_array(root)
    trivial = np.sqrt(degree) / np.linalg.norm(np.sqrt(degree))
    angle = np.arange(n) * np.pi * (3 - np.sqrt(5))  # the golden angle, which repeats nowhere
    block = np.stack([np.cos(angle), np.sin(angle), np.cos(2 * angle), np.sin(3 * angle)], axis=1)[:, : min(4, n - 1)]
    for _ in range(POWERS if joined.nnz < 500_000 else POWERS // 4):
        block = (walk @ block + block) / 2
        block -= np.outer(trivial, trivial @ block)
        block, _ = np.linalg.qr(block)
    values, vectors = np.linalg.eigh(block.T @ (walk @ block))
    found = (block @ vectors[:, np.argsort(-values)])[:, :2] * root[:, None]
    # of either sign, so the first neuron that is not near 0 says which
    for k in range(found.shape[1]):
        far = np.abs(found[:, k]) > np.abs(found[:, k]).max() / 2
        found[:, k] *= np.sign(found[np.argmax(far), k]) or 1
    scale = found.std(axis=0)
    return found / np.where(scale > 0, scale, 1)


def _springs(joined: Array, start: Array) -> Array:
    """Return positions after steps of springs between the connected and repulsion of all (Fruchterman-Reingold)."""
    n = len(joined)
    angle = np.arange(n) * np.pi * (3 - np.sqrt(5))
    # a little apart, or neurons with the same neighbours would stay in one place
    at = start * np.sqrt(n) / 3 + 0.2 * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    strength = joined / np.sqrt(np.maximum(1, joined.sum(axis=1)))[:, None]
    strength = (strength + strength.T) / 2
    for step in range(STEPS):
        distance = cdist(at, at) + 1e-9
        pull = strength * distance - 1.5 / distance**2
        np.fill_diagonal(pull, 0)
        # the sum over all others of pull times the way to them
        move = pull @ at - pull.sum(axis=1, keepdims=True) * at - 0.05 * at
        length = np.sqrt((move**2).sum(axis=1, keepdims=True))
        most = 0.6 * np.sqrt(n) * (1 - step / STEPS) ** 1.5 / 3 + 0.02
        at = at + move / np.maximum(length, 1e-12) * np.minimum(length, most)
    if n > 60:  # nearer together, so that far neurons leave no room unused
        at = push_apart(at)
        at = 0.5 * at + 0.5 * spread(at)
    return push_apart(at)


def push_apart(at: Array, least: float = 1.0, steps: int = 80) -> Array:
    """Return positions scaled and moved until neighbours are about a distance of ``least`` apart, around 0."""
    at = at - at.mean(axis=0)
    apart = cdist(at, at)
    np.fill_diagonal(apart, np.inf)
    near = np.median(apart.min(axis=1))
    at = at * (least / near if near > 0 else 1)
    for _ in range(steps):
        distance = cdist(at, at) + 1e-9
        np.fill_diagonal(distance, np.inf)
        close = np.maximum(least - distance, 0) / distance
        if not close.any():
            break
        at = at + 0.5 * (close.sum(axis=1, keepdims=True) * at - close @ at)
    return at - at.mean(axis=0)
