"""A network in a notebook: its sizes and its feedback, with a small picture."""

from __future__ import annotations

import numpy as np

from ..language.feedback import KINDS, kinds_of_edges
from ..language.table import GraphTable
from ..layout import sketch
from ..layout.picture import picture_of
from ..network.network import Network
from .feedbacks import describe_kinds
from .html import Html, beside, card, never_fails, note, number, table
from .parameters import describe_parameters

MOST_NEURONS, MOST_SYNAPSES = 10_000, 200_000
"""Sizes of the largest networks with a picture, which takes a fraction of a second."""
LARGEST = 14_000
"""Number of characters of the largest picture; notebooks keep them."""
WIDTH, HEIGHT = 260, 160


@never_fails
def network_html(net: Network) -> Html:
    """Return a table of the sizes of a network, with a picture where it is small."""
    drawn = net.to_table()
    kinds = np.bincount(kinds_of_edges(drawn), minlength=len(KINDS)).tolist()
    backend = net.backend if isinstance(net.backend, str) else type(net.backend).__name__
    rows = {
        "inputs": number(net.n_inputs),
        "outputs": number(net.n_outputs),
        "neurons": number(net.n_nodes - net.n_inputs),
        "synapses": number(net.n_edges),
        "parameters": describe_parameters(net.parameter_table()),
        "feedback": describe_kinds(dict(zip(KINDS, kinds, strict=True))),
        "numbers": f"{net.dtype}, {backend} backend",
    }
    picture, why_not = _thumbnail(drawn)
    return card("graphnet.Network", beside(table(rows.items(), left=2), picture), *[note(why_not)] * bool(why_not))


def _thumbnail(drawn: GraphTable) -> tuple[Html, str]:
    """Return a picture, or why there is none."""
    if drawn.n_nodes > MOST_NEURONS or drawn.n_edges > MOST_SYNAPSES:
        said = f"more than {MOST_NEURONS:,} neurons or {MOST_SYNAPSES:,} synapses"
        return Html(), f"no picture of {said}: see gn.view(net) and gn.plots.matrix(net)"
    # of a large drawing the sketch has columns only, and to place each neuron takes most of a second
    has_neurons = drawn.n_nodes <= sketch.MOST_NEURONS and drawn.n_edges <= sketch.MOST_SYNAPSES
    anywhere = None if has_neurons else dict.fromkeys(drawn.nodes, (0.0, 0.0))
    picture = sketch.sketch_svg(picture_of(drawn, anywhere), width=WIDTH, height=HEIGHT)
    if len(picture) > LARGEST:
        return Html(), "the picture is too large for a notebook: see gn.plots.draw(net)"
    return Html(picture), ""
