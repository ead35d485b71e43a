"""`view`: a network, and its activity, as one HTML page that needs no other file and no network access."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from ..errors import DataError
from ..execute.contract import State
from ..io.atomic import written_whole
from ..language.keywords import suggests_keywords
from ..language.table import GraphTable
from ..layout.given import Positions
from ..network.network import Network
from .contents import make_contents
from .html import fill_page, read_assets
from .packing import pack

if TYPE_CHECKING:
    import pandas

SUFFIXES = (".html", ".htm")
HEIGHT = 640
"""Height in pixels of a page inside a notebook."""


class Page:
    """HTML page of a network, which a notebook shows as it is; made by `view` without a path.

    Attributes
    ----------
    html : str
        The whole page.
    title, subtitle : str
    notes : list of str
        Those that were given, and what was left out or reduced; the page lists them too.
    """

    def __init__(self, html: str, title: str, subtitle: str, notes: list[str]) -> None:
        self.html, self.title, self.subtitle, self.notes = html, title, subtitle, notes

    def __repr__(self) -> str:
        title = self.title if len(self.title) <= 80 else f"{self.title[:77]}..."
        return f"<graphnet page: {title}, {self.subtitle}, {len(self.html) / 1000:,.0f} kB>"

    def _repr_html_(self) -> str:
        """Return a frame that holds the page itself, so that it is still there in a notebook that was exported."""
        return (
            f'<iframe title="{escape(self.title)}" srcdoc="{escape(self.html)}" '
            f'sandbox="allow-scripts allow-downloads" style="width:100%;height:{HEIGHT}px;border:0"></iframe>'
        )

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the page to a file, completely or not at all, and return its path.

        Raises
        ------
        DataError
            If no file can have that name, or it is not of HTML.
        OSError
            If the system does not let us write.
        """
        place = _place_of(path)
        with written_whole(place) as temporary:
            temporary.write_bytes(self.html.encode("utf-8"))
        return place


@suggests_keywords
def view(
    graph: nx.DiGraph | GraphTable | Network,
    path: str | os.PathLike[str] | None = None,
    *,
    inputs: Any = None,
    targets: Any = None,
    lengths: Any = None,
    state: State | None = None,
    positions: Positions | None = None,
    lesions: pandas.DataFrame | None = None,
    samples: Any = None,
    title: str | None = None,
    notes: str | Sequence[str] | None = None,
) -> Path | Page:
    """Make an HTML page of a drawing or a network, with its activity if inputs are given.

    The page is one file that opens from disk, in any recent browser, without network access.  Neurons are found by
    name, coloured by attribute or activity, and followed through time; synapses are filtered by kind of feedback, sign,
    delay and strength.

    Parameters
    ----------
    graph : networkx.DiGraph, networkx.MultiDiGraph, GraphTable or Network
    path : str or path-like, optional
        The .html file to write; without it, the page is returned, and a notebook shows it.
    inputs : (n_samples, n_steps, n_inputs), optional
        Sequences to run a Network on; the page shows the values of all its nodes, each with a precision of 1/254 of the
        range that it has in them.
    targets : array, optional
        As losses take them: numbers (n_samples, n_steps, n_outputs) or, for the last step, (n_samples, n_outputs);
        classes (n_samples, n_steps) or (n_samples,).  Nan and the class -1 are no target.
    lengths : (n_samples,), optional
        The number of valid steps of each sequence.
    state : State, optional
        State to start from, such as ``net.settle`` returns.
    positions : {node: (x, y)}, str or two str, optional
        Positions; or the attribute of nodes that has pairs (x, y), or names a class, whose neurons come together; or
        two attributes, such as ("x", "y").  By default those that the drawing has as ``pos``, or as ``x`` and ``y``;
        otherwise neurons are placed by layers, or by their distance from the inputs.
    lesions : pandas.DataFrame, optional
        Result of ``gn.analysis.lesions(..., of="neurons")``, whose changes of the loss become an attribute.
    samples : int, list of int or {label: int}, optional
        Number of samples to show, or their positions in the inputs.  By default all of them or, of many, the first ones
        that keep the page small.
    title : str, optional
        By default the graph's attribute ``name``.
    notes : str or list of str, optional
        Sentences that the page shows, such as what to look at; those about what was left out follow.

    Returns
    -------
    pathlib.Path or Page

    Raises
    ------
    GraphError
        If the drawing is not valid, or a position is missing.
    DataError
        If inputs are given with a drawing that is not compiled, data do not fit the network, lesions are not those of
        its neurons, title or notes are no text, or no page can be written to the path.

    Notes
    -----
    What a page leaves out is said in it: samples and steps beyond 20 MB of activity, all but the strongest 500,000
    synapses, attributes of synapses where they are more than 50,000, and attributes of more than 1,000 values that are
    no numbers.

    Examples
    --------
    >>> import numpy as np, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(2, 8, 1), seed=0)
    >>> page = gn.view(net, inputs=np.zeros((3, 20, 2)), title="Elman")
    >>> page.subtitle
    '11 neurons, 88 synapses'
    """
    if path is not None:
        _place_of(path)
    contents = make_contents(
        graph,
        inputs=inputs,
        targets=targets,
        lengths=lengths,
        state=state,
        positions=positions,
        lesions=lesions,
        samples=samples,
        title=title,
        notes=notes,
    )
    header = contents.header
    html = fill_page(header["title"], pack(header, contents.arrays), read_assets())
    page = Page(html, header["title"], header["subtitle"], list(header["notes"]))
    return page if path is None else page.save(path)


def _place_of(path: Any) -> Path:
    """Return the path of a page; raise a DataError if that cannot be one."""
    if not isinstance(path, str | os.PathLike):
        raise DataError(f"path is a {type(path).__name__}, not the name of a file; data are given as inputs=")
    place = Path(os.fsdecode(path))
    if place.suffix.lower() not in SUFFIXES:
        raise DataError(f"{place}: a page is written to a file named .html")
    return place
