"""The spectral radius of a matrix: how much a linear network grows or shrinks a step, in the long run."""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.linalg import ArpackError, eigs

from ...errors import DataError
from ...language.arrays import Array

LARGEST_DENSE = 500
"""Up to so many rows all eigenvalues are computed, from there on only the largest."""
LARGEST_FACTOR = 1e6
"""By how much at most a factor may raise the largest weight above the spectral radius that it is to lead to."""


def spectral_radius(matrix: csr_array) -> float:
    """The largest absolute eigenvalue.

    >>> round(spectral_radius(csr_array([[0.0, 2.0], [2.0, 0.0]])), 12)
    2.0
    """
    n = matrix.shape[0]
    if n > LARGEST_DENSE:
        try:
            # asked for one alone it often takes another of nearly that size
            return float(np.abs(largest_eigenvalues(matrix, 10)).max())
        except ArpackError:  # it did not settle: the dense solver always does
            pass
    return float(np.abs(np.linalg.eigvals(matrix.toarray())).max(initial=0.0))


def largest_eigenvalues(matrix: Any, k: int, most_restarts: int | None = None) -> Array:
    """Return the ``k`` eigenvalues of largest absolute value of a sparse matrix or a LinearOperator, in any order.

    The same matrix gives the same bits.  It needs more than ``8 k`` rows.

    Raises
    ------
    ArpackError
        If they do not settle in ``most_restarts``, each of 7 k products; by default 10 for each row.

    References
    ----------
    Lehoucq, R. B., Sorensen, D. C. & Yang, C. (1998). ARPACK users' guide. SIAM.
    """
    # from a start of ones it gets nowhere where the rows of the matrix cancel, as those of gap junctions do
    start = np.random.default_rng(0).normal(size=matrix.shape[0])
    return np.asarray(
        eigs(matrix, k=k, ncv=8 * k, v0=start, maxiter=most_restarts, return_eigenvectors=False, tol=1e-8)
    )


def factor_to_radius(radius: float, declared: csr_array, opened: csr_array) -> float:
    """The positive c at which ``declared + c opened`` has a spectral radius.

    Raises
    ------
    DataError
        Where ``declared`` has it, or more, by itself, and where no c leads to it.

    Examples
    --------
    >>> opened = csr_array([[0.0, 2.0], [2.0, 0.0]])
    >>> round(factor_to_radius(0.5, csr_array((2, 2)), opened), 12)
    0.25
    """
    highest = radius / float(np.abs(opened.data).max())
    most = LARGEST_FACTOR * highest
    if not declared.nnz:
        alone = spectral_radius(opened)
        if alone * most >= radius:
            return radius / alone
    else:
        least = spectral_radius(declared)
        if least >= radius:
            raise DataError(
                f"initializer: spectral_radius: the recurrent weights that are declared have a spectral radius of "
                f"{least:g} by themselves, not less than {radius:g}; ask for more, or leave more weights open"
            )
        while highest <= most:
            if _beyond(1.0, highest, declared, opened, radius) >= 0:
                from scipy.optimize import brentq

                return highest * float(brentq(_beyond, 0.0, 1.0, args=(highest, declared, opened, radius)))
            highest *= 2.0
    raise DataError(
        f"initializer: spectral_radius: no factor of the open recurrent weights leads to {radius:g}: their cycles "
        "cancel each other, or pass through weights that are next to 0; choose another initializer"
    )


def _beyond(part: float, highest: float, declared: csr_array, opened: csr_array, radius: float) -> float:
    """By how much a part of the highest factor leads beyond the radius."""
    return spectral_radius(declared + part * highest * opened) - radius
