"""Plots of spectra: eigenvalues inside and outside the unit circle, and what was left out."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib import pyplot as plt

import graphnet as gn
from graphnet.analysis import Spectrum
from graphnet.plots import spectrum

from .drawn import legend, words
from .reference import check_image


def points(ax: object) -> np.ndarray:
    """Return the dots as complex numbers, sorted."""
    found = np.concatenate([each.get_offsets() for each in ax.collections])  # type: ignore[attr-defined]
    return np.sort_complex(found @ [1, 1j])


def test_eigenvalues_and_the_unit_circle() -> None:
    net = gn.compile(gn.graphs.echo_state(1, 60, 1, spectral_radius=1.2, seed=0))
    found = gn.analysis.spectrum(net)
    ax = spectrum(net)
    n_outside = int((np.abs(found.eigenvalues) > 1).sum())
    assert 0 < n_outside < 60
    assert legend(ax) == ["unit circle", f"inside: {60 - n_outside}", f"outside: {n_outside}"]
    np.testing.assert_allclose(points(ax), np.sort_complex(found.eigenvalues))
    assert {"spectral radius 1.2", "60 eigenvalues"} <= set(words(ax))
    assert ax.get_aspect() == 1
    assert max(ax.get_xlim()) > 1.2
    check_image(ax, "spectrum")


def test_a_spectrum_is_drawn_as_it_is() -> None:
    ax = spectrum(Spectrum(np.array([1.0 + 0j]), 1, 0))
    assert legend(ax) == ["unit circle", "inside: 1"]
    assert {"spectral radius 1", "1 eigenvalue"} <= set(words(ax))
    plt.close("all")


def test_what_was_left_out_is_said() -> None:
    ax = spectrum(Spectrum(np.array([3.0, 2.0 + 0j]), 5000, 7))
    said = "2 of 5,000 eigenvalues: of large components those of largest absolute value; 7 gated synapses left out"
    assert said in words(ax)
    plt.close("all")


def test_no_eigenvalues() -> None:
    ax = spectrum(gn.compile(gn.graphs.feedforward(1, 2, 1), seed=0))
    assert {"no eigenvalues", "no recurrent synapses"} <= set(words(ax))
    assert not ax.collections
    lstm = gn.compile(gn.graphs.lstm(1, 2, 1), seed=0)
    assert len(gn.analysis.spectrum(lstm).eigenvalues) == 0
    assert {"no recurrent synapses without a gate", "6 gated synapses left out"} <= set(words(spectrum(lstm)))
    plt.close("all")


def test_what_is_refused() -> None:
    with pytest.raises(
        gn.DataError, match=r"^spectrum: net is a DiGraph; must be a Network, or what gn.analysis.spectrum"
    ):
        spectrum(gn.graphs.direct(1, 2, 1))
    assert not plt.get_fignums()
