"""Activity: what is drawn is what the network computes, in lines and in rasters of any size."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from matplotlib import pyplot

import graphnet as gn
from graphnet.plots import activity
from graphnet.testing import Case, cases

from ..profiles import scaled
from .networks import ODD_NAMES, alone, exploding, oddly_named, texts_of, waves
from .reference import check_image


def rows_of(n: int) -> gn.Network:
    """Return a network of so many neurons without feedback, of three kinds."""
    kinds = np.array(["sensory", "inter", "motor"], object)[np.arange(n) * 3 // n]
    w = np.eye(n, k=-1) * 0.9
    return gn.compile(gn.graphs.from_matrix(w, w_in=np.eye(n, 1), w_out=np.eye(1, n), kind=kinds), seed=0)


def test_lines() -> None:
    net, inputs = gn.compile(gn.graphs.elman(1, 3, 2), seed=1), waves(2, 30, 1)
    ax = activity(net, inputs, sample=1, lengths=[30, 21])
    run = net.run(inputs, lengths=[30, 21], record=[("hidden", 0), ("output", 1)])
    hidden, output = ax.lines[0], ax.lines[4]
    np.testing.assert_allclose(hidden.get_ydata(), run.recorded["hidden", 0][1, :21])
    np.testing.assert_allclose(output.get_ydata(), run.outputs[1, :21, 1])
    assert ax.get_xlim() == (0, 29)
    assert ax.get_xlabel() == "step (grey: past the end of the sequence)"
    assert {"hidden 2", "output 0"} <= set(texts_of(ax).splitlines())
    check_image(ax, "activity_lines")


def test_a_raster() -> None:
    net, inputs = gn.compile(gn.graphs.lstm(2, 4, 1), seed=3), waves(1, 25, 2)
    ax = activity(net, inputs)
    (image,) = ax.images
    run = net.run(inputs, record=[("forget", 1)])
    names = [text.get_text() for text in ax.get_yticklabels()]
    assert len(names) == 29
    np.testing.assert_allclose(image.get_array()[names.index("forget 1")], run.recorded["forget", 1][0])
    check_image(ax, "activity_raster")


def test_a_sorted_raster() -> None:
    ax = activity(rows_of(60), waves(2, 30, 1), by="kind", lengths=[30, 22], sample=1)
    assert ax.images[0].get_array().shape == (61, 22)
    check_image(ax, "activity_sorted")


def test_of_very_many_neurons_some_or_means_of_classes_are_drawn() -> None:
    net, inputs = rows_of(900), waves(1, 5, 1)
    some = activity(net, inputs)
    assert some.images[0].get_array().shape == (301, 5)
    assert some.get_title() == "301 of 901 neurons: one in 3"
    means = activity(net, inputs, {"kind": ["sensory", "motor"]}, by="kind")
    assert means.get_title() == "means of 2 classes of 600 neurons"
    neurons = [("hidden", i) for i in range(300)]
    mean = np.mean([each[0] for each in net.run(inputs, record=neurons).recorded.values()], axis=0)
    np.testing.assert_allclose(means.images[0].get_array()[0], mean)
    pyplot.close("all")


def test_classes_of_one_neuron_each_are_not_named() -> None:
    for n, label in ((100, "neuron, by number"), (500, "class, by number")):
        table = gn.graphs.from_matrix(np.eye(n), w_in=np.eye(n, 1), number=np.arange(n))
        ax = activity(gn.compile(table, seed=0), waves(1, 5, 1), by="number")
        assert ax.get_ylabel() == label
        assert len(texts_of(ax)) < 1000
    pyplot.close("all")


def test_chosen_nodes_and_kinds() -> None:
    net, inputs = gn.compile(gn.graphs.elman(1, 3, 1), seed=0), waves(1, 9, 1)
    assert len(activity(net, inputs, {"role": "output"}).lines[0].get_ydata()) == 9
    assert len(activity(net, inputs, [("input", 0), ("hidden", 2)], kind="raster").images[0].get_array()) == 2
    assert "hidden 1" in texts_of(activity(net, inputs, lambda node, said: node[-1] == 1))
    pyplot.close("all")


def test_time_has_the_unit_of_dt() -> None:
    net = gn.compile(gn.graphs.elman(1, 3, 1), seed=0, dt=0.5)
    ax = activity(net, waves(1, 9, 1))
    assert ax.get_xlabel() == "time, in the unit of dt"
    assert ax.lines[0].get_xdata()[-1] == 4
    pyplot.close("all")


def test_what_is_no_number_is_a_gap() -> None:
    inputs = np.ones((1, 30, 1))
    lines = activity(exploding(), inputs)
    values = lines.lines[0].get_ydata()
    assert np.isfinite(values[:4]).all()
    assert np.isnan(values[4:]).all()
    assert "values are not finite or above 1e+100: gaps" in lines.get_title()
    raster = activity(exploding(), inputs, kind="raster")
    assert raster.images[0].get_array().mask[0, 4:].all()
    assert "hatched" in raster.get_title()
    check_image(lines, "activity_exploding")
    check_image(raster, "activity_exploding_raster")


def test_any_names() -> None:
    for kind in ("lines", "raster"):
        ax = activity(oddly_named(), waves(1, 20, 1), kind=kind)
        shown = texts_of(ax)
        assert r"$\frac{1}$ $x" in shown
        assert "\N{REPLACEMENT CHARACTER}" * 2 in shown  # for the font has no Chinese
        check_image(ax, f"activity_names_{kind}")
    assert len(ODD_NAMES) == 8


def test_one_neuron_and_one_step() -> None:
    for kind in ("lines", "raster"):
        ax = activity(alone(), np.zeros((1, 1, 0)), kind=kind)
        ax.get_figure().canvas.draw()
        assert ax.get_xticks().tolist() == [0]
        pyplot.close("all")


@pytest.mark.costly
@given(cases())
@settings(max_examples=scaled(30))
def test_any_network(case: Case) -> None:
    net = gn.compile(case.graph, seed=0)
    for kind in (None, "raster"):
        activity(net, case.inputs, lengths=case.lengths, sample=len(case.inputs) - 1, kind=kind)
    pyplot.close("all")


def test_what_is_refused() -> None:
    net, inputs = gn.compile(gn.graphs.elman(1, 20, 1), seed=0), waves(1, 9, 1)
    with pytest.raises(gn.DataError, match=r"activity: net is a MultiDiGraph, not a Network: gn\.compile"):
        activity(gn.graphs.gru(1, 1, 1), inputs)
    with pytest.raises(gn.DataError, match="kind='line' is not one of 'lines', 'raster'; did you mean 'lines'"):
        activity(net, inputs, kind="line")
    with pytest.raises(gn.DataError, match="kind='lines': 21 nodes; lines of more than 14 cannot be told apart"):
        activity(net, inputs, kind="lines")
    with pytest.raises(gn.DataError, match="by: only a raster is sorted; give kind='raster'"):
        activity(net, inputs, kind="lines", by="layer")
    with pytest.raises(gn.DataError, match="nodes: none is chosen, and a plot has at least one"):
        activity(net, inputs, [])
    with pytest.raises(gn.GraphError, match="by: no node has the attribute 'typ'"):
        activity(net, inputs, by="typ")
    with pytest.raises(gn.GraphError, match=r"nodes: \('hidden', 20\) is not a node of the graph"):
        activity(net, inputs, [("hidden", 20)])
    with pytest.raises(gn.DataError, match="sample is 1: the data have samples 0 to 0"):
        activity(net, inputs, sample=1)
    with pytest.raises(TypeError, match="did you mean 'sample'"):
        activity(net, inputs, samples=1)
    assert not pyplot.get_fignums()  # what is refused leaves no figure behind
