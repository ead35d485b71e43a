"""A network draws itself."""

from __future__ import annotations

import pytest
from matplotlib import pyplot as plt

import graphnet as gn

pytest.importorskip("graphnet.plots.drawing")


def test_a_network_draws_itself() -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    ax = plt.subplots()[1]
    assert net.plot(ax=ax) is ax
    plt.close("all")
    with pytest.raises(TypeError, match=r"draw\(\) got an unexpected keyword argument 'axes'"):
        net.plot(axes=ax)
