"""The spectral radius, by the dense solver and the sparse one, and the factor that leads to it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_array, diags_array, random_array
from scipy.sparse.linalg import ArpackNoConvergence

from graphnet.compiler.initial import spectrum
from graphnet.compiler.initial.spectrum import LARGEST_DENSE, factor_to_radius, spectral_radius
from graphnet.errors import DataError


def sparse(n: int, seed: int = 0) -> csr_array:
    rng = np.random.default_rng(seed)
    return csr_array(
        random_array((n, n), density=min(1.0, 8 / n), rng=rng, data_sampler=lambda size: rng.normal(size=size))
    )


@pytest.mark.costly
@pytest.mark.parametrize("n", [1, 2, 40, LARGEST_DENSE, LARGEST_DENSE + 1, 700])
def test_it_is_the_largest_absolute_eigenvalue(n: int) -> None:
    matrix = sparse(n)
    assert spectral_radius(matrix) == pytest.approx(np.abs(np.linalg.eigvals(matrix.toarray())).max(), rel=1e-6)


def test_the_sparse_solver_takes_no_other_eigenvalue_of_nearly_that_size(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a random matrix crowd at the edge of a disc: asked for the largest alone, it misses every fifth."""
    monkeypatch.setattr(spectrum, "LARGEST_DENSE", 1)
    for seed in range(12):
        matrix = sparse(120, seed)
        expected = np.abs(np.linalg.eigvals(matrix.toarray())).max()
        assert spectral_radius(matrix) == pytest.approx(expected, rel=1e-6), seed


def test_it_is_the_same_to_the_bit_each_time() -> None:
    matrix = sparse(LARGEST_DENSE + 1)
    assert len({spectral_radius(matrix) for _ in range(3)}) == 1


def test_signs_and_angles_of_eigenvalues_do_not_matter() -> None:
    assert spectral_radius(csr_array(np.diag([1.0, -3.0, 2.0]))) == pytest.approx(3.0)
    assert spectral_radius(csr_array([[0.0, -2.0], [2.0, 0.0]])) == pytest.approx(2.0)


def test_without_synapses_it_is_0() -> None:
    assert spectral_radius(csr_array((0, 0))) == 0.0
    assert spectral_radius(csr_array((3, 3))) == 0.0


def test_where_the_sparse_solver_does_not_settle_the_dense_one_does(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it does on a ring of uneven weights: all its eigenvalues are as large as the largest."""

    def eigs(*args: Any, **options: Any) -> Any:
        raise ArpackNoConvergence("No convergence", np.array([5.0]), np.zeros((600, 1)))

    monkeypatch.setattr(spectrum, "eigs", eigs)
    monkeypatch.setattr(spectrum, "LARGEST_DENSE", 99)
    weights = np.tile([1.5, 6.0], 50)
    ring = csr_array((weights, (np.roll(np.arange(100), 1), np.arange(100))), shape=(100, 100))
    assert spectral_radius(ring) == pytest.approx(3.0, rel=1e-9)


def test_a_large_matrix_whose_rows_cancel_never_becomes_dense(monkeypatch: pytest.MonkeyPatch) -> None:
    """Gap junctions around a ring: from a start of ones the sparse solver gets nowhere."""
    n = LARGEST_DENSE + 100
    ring = csr_array((np.ones(n), (np.roll(np.arange(n), 1), np.arange(n))), shape=(n, n))
    monkeypatch.delattr(np.linalg, "eigvals")
    assert spectral_radius(csr_array(diags_array(np.full(n, 2.0)) - ring - ring.T)) == pytest.approx(4.0, rel=1e-6)


@pytest.mark.parametrize("radius", [0.3, 1.0, 12.0])
def test_the_factor_leads_to_the_radius(radius: float) -> None:
    opened, declared = sparse(30), sparse(30, seed=1)
    declared = declared * (0.25 / spectral_radius(declared))
    none = csr_array((30, 30))
    alone, beside = (factor_to_radius(radius, fixed, opened) for fixed in (none, declared))
    assert spectral_radius(alone * opened) == pytest.approx(radius, rel=1e-12)
    assert spectral_radius(declared + beside * opened) == pytest.approx(radius, rel=1e-9)
    assert alone > 0
    assert 0 < beside != alone


@pytest.mark.parametrize("size", [1e-4, 1.0, 1e4])
def test_a_factor_of_a_million_is_taken_and_no_more(size: float) -> None:
    """A cycle of two weights, of which one is small: its eigenvalue is their geometric mean."""

    def cycle(small: float) -> csr_array:
        return csr_array([[0.0, size], [small * size, 0.0]])

    none = csr_array((2, 2))
    for radius in (1.0, 7.0):
        factor = factor_to_radius(radius, none, cycle(1.1e-12))
        assert factor == pytest.approx(radius / np.sqrt(1.1e-12) / size, rel=1e-9)
        with pytest.raises(DataError, match=f"no factor of the open recurrent weights leads to {radius:g}"):
            factor_to_radius(radius, none, cycle(0.9e-12))

    def half(small: float) -> tuple[csr_array, csr_array]:
        return csr_array([[0.0, 0.0], [small, 0.0]]), csr_array([[0.0, size], [0.0, 0.0]])

    assert factor_to_radius(3.0, *half(1e-5)) == pytest.approx(9 / 1e-5 / size, rel=1e-9)
    with pytest.raises(DataError, match="no factor of the open recurrent weights leads to 3"):
        factor_to_radius(3.0, *half(1e-6))


def test_what_is_declared_must_leave_room() -> None:
    declared, opened = csr_array(np.diag([0.5, 0.0])), csr_array([[0.0, 1.0], [1.0, 0.0]])
    for radius in (0.25, 0.5):
        with pytest.raises(DataError) as caught:
            factor_to_radius(radius, declared, opened)
        assert f"have a spectral radius of 0.5 by themselves, not less than {radius:g}" in str(caught.value)
    # (0.5 +- sqrt(0.25 + 4 c^2)) / 2 = 0.75
    assert factor_to_radius(0.75, declared, opened) == pytest.approx(np.sqrt(0.1875), rel=1e-9)
