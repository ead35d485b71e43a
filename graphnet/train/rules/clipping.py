"""Clipping: a gradient that explodes keeps its direction and loses its length, or each entry its excess."""

from __future__ import annotations

import numpy as np

from ...language.arrays import Array


def clip_norm(gradient: Array, threshold: float | None) -> tuple[Array, float]:
    """Return the gradient, scaled so that its norm is at most ``threshold``, and the norm that it had.

        gradient * min(1, threshold / norm)

    A gradient that is short enough, or any where ``threshold`` is None, comes back as it is.  The norm is finite where
    the gradient is, and only there.

    References
    ----------
    Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, ICML 2013, Algorithm 1.

    Examples
    --------
    >>> clip_norm(np.array([3.0, 4.0]), 1.0)
    (array([0.6, 0.8]), 5.0)
    """
    largest = float(np.max(np.abs(gradient), initial=0.0))
    if largest == 0.0 or not np.isfinite(largest):
        return gradient, largest
    # Scaled first: the squares of float32 entries overflow from 1e19 on, long before the gradient itself does.
    norm = largest * float(np.linalg.norm(gradient / largest))
    if threshold is None or norm <= threshold:
        return gradient, norm
    return gradient * (float(threshold) / norm), norm


def clip_value(gradient: Array, threshold: float | None) -> Array:
    """Return the gradient with every entry between ``-threshold`` and ``threshold``; as it is where that is None.

    References
    ----------
    Mikolov, Statistical language models based on neural networks, PhD thesis, Brno University of Technology, 2012.

    Examples
    --------
    >>> clip_value(np.array([3.0, -4.0, 0.5]), 1.0).tolist()
    [1.0, -1.0, 0.5]
    """
    return gradient if threshold is None else np.clip(gradient, -float(threshold), float(threshold))
