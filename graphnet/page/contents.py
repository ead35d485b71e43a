"""Contents of a page: the header and the arrays that its program reads."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from .._version import __version__
from ..errors import DataError, quoted
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.feedback import KINDS
from ..language.missing import is_missing
from ..language.table import GraphTable
from ..language.ties import hand_down_ties
from ..layout.picture import Picture, picture_of
from ..network.network import Network
from .activity import quantised, record_activity
from .attributes import attributes_of_edges, attributes_of_nodes, described, numbers_of
from .html import visible
from .names import distinct_texts, numbered
from .regions import headings
from .samples import Samples, choose_samples
from .targets import shown_targets

if TYPE_CHECKING:
    import pandas

FORMAT = 1
"""Version of the format, which the program of the page checks."""
MOST_EDGES = 500_000
"""Largest number of synapses of a page; of more the strongest are shown."""
LAYERED = ("layers", "depth from the inputs")
"""Rules of positions that are columns, of which the page may stretch width and height apart."""
LESION_EFFECT = "lesion effect"


@dataclass(frozen=True, eq=False)
class Contents:
    """``header``, which is written as JSON, and ``arrays`` {name: array} of a page."""

    header: dict[str, Any]
    arrays: dict[str, Array]

    __repr__ = one_line


def make_contents(
    graph: Any,
    *,
    inputs: Any,
    targets: Any,
    lengths: Any,
    state: Any,
    positions: Any,
    lesions: Any,
    samples: Any,
    title: Any,
    notes: Any,
) -> Contents:
    """Return what the page of a drawing or a network holds; parameters and errors are those of ``view``."""
    net = graph if isinstance(graph, Network) else None
    if inputs is not None and net is None:
        raise DataError("inputs: a drawing has no activity; make a network of it, gn.view(gn.compile(graph), ...)")
    if inputs is None:
        given = {"targets": targets, "lengths": lengths, "samples": samples, "state": state}
        alone = [name for name, value in given.items() if value is not None]
        if alone:
            raise DataError(f"{', '.join(alone)}: given without inputs, which they belong to")
    picture = _with_shared_values(picture_of(graph, positions))
    table, said = picture.table, read_notes(notes)
    notes = []
    arrays = _arrays_of_nodes(picture)
    kept = _strongest(picture, notes)
    arrays |= _arrays_of_edges(picture, kept)
    learnt = () if net is None else np.unique(net.parameter_table().kind).tolist()
    of_nodes = attributes_of_nodes(table, learnt, notes)
    if lesions is not None:
        of_nodes.append(numbers_of(LESION_EFFECT, _changes(table, lesions), "lesion"))
    of_edges = attributes_of_edges(table, kept, notes)
    is_output, is_input = table.has_role("output"), table.has_role("input")
    header: dict[str, Any] = {
        "format": FORMAT,
        "title": _title_of(table, title),
        "subtitle": f"{_counted(table.n_nodes, 'neuron')}, {_counted(table.n_edges, 'synapse')}",
        "version": __version__,
        "n_nodes": table.n_nodes,
        "n_edges": len(arrays["source"]),
        "n_samples": 0,
        "n_steps": 0,
        "dt": None if net is None or not table.node_gives("tau").any() else net.dt,
        "labels": headings(picture, of_nodes),
        "names": distinct_texts(table.nodes),
        "kinds": list(KINDS),
        "layout": "layered" if picture.placed_by in LAYERED else "given",
        "node_attributes": _apart(described(of_nodes, "node_attribute_", arrays)),
        "edge_attributes": _apart(described(of_edges, "edge_attribute_", arrays)),
        "samples": [],
        "outputs": np.flatnonzero(is_output).tolist(),
        "inputs": np.flatnonzero(is_input).tolist(),
        "targets": None,
    }
    if net is not None and inputs is not None:
        chosen = choose_samples(net, inputs, lengths, samples, notes)
        header |= _add_activity(net, chosen, targets, state, arrays, notes)
    return Contents({**header, "notes": said + notes}, arrays)


def _add_activity(
    net: Network, samples: Samples, targets: Any, state: Any, arrays: dict[str, Array], notes: list[str]
) -> dict[str, Any]:
    """Add activity and targets to the arrays, and return what the header says of them."""
    said: dict[str, Any] = {"n_samples": len(samples.rows), "samples": numbered(samples.labels)}
    if targets is not None:
        kind, arrays["targets"] = shown_targets(targets, samples, net.n_outputs)
        said["targets"] = {"kind": kind, "array": "targets"}
    begun = None if state is None else net.checked_state(state, samples.n_samples)
    activity = record_activity(net, samples, begun)
    arrays["activity"], arrays["low"], arrays["high"] = quantised(activity)
    arrays["length"] = _narrow(samples.lengths)
    wrong = int(samples.lengths.sum()) * net.n_nodes - int(np.isfinite(activity).sum())
    if wrong:
        notes.append(f"{_counted(wrong, 'value')} of the activity not finite, or too large to be shown")
    return {**said, "n_steps": activity.shape[1]}


def read_notes(notes: Any) -> list[str]:
    """Return the sentences of an author as a list; raise a DataError if they are no text."""
    several = [] if notes is None else [notes] if isinstance(notes, str) else notes
    if not isinstance(several, Sequence) or not all(isinstance(each, str) for each in several):
        raise DataError(f"notes={quoted(notes)}: must be text, or a list of texts")
    return [visible(each) for each in several]


def _with_shared_values(picture: Picture) -> Picture:
    """Return the picture with the numbers that members of ties share at each of them."""
    table = hand_down_ties(picture.table)
    strength = np.where(table.edge_gives("weight"), table.edge("weight"), np.nan) * table.edge("scale")
    return replace(picture, table=table, strength=strength)


def _arrays_of_nodes(picture: Picture) -> dict[str, Array]:
    table = picture.table
    role = np.select([table.has_role("input"), table.has_role("output")], [1, 2], default=0)
    x, y = _single(picture.positions.T)
    return {"x": x, "y": y, "role": role.astype(np.uint8), "column": _narrow(picture.column)}


def _strongest(picture: Picture, notes: list[str]) -> Array | None:
    """Return the positions of the strongest synapses, in their order, if there are too many; otherwise None."""
    n_edges = picture.table.n_edges
    if n_edges <= MOST_EDGES:
        return None
    strength = np.abs(np.where(np.isnan(picture.strength), picture.table.edge("scale"), picture.strength))
    notes.append(f"the strongest {MOST_EDGES:,} of {n_edges:,} synapses")
    return np.sort(np.argsort(-strength, kind="stable")[:MOST_EDGES])


def _arrays_of_edges(picture: Picture, kept: Array | None) -> dict[str, Array]:
    some = slice(None) if kept is None else kept
    return {
        "source": picture.table.source[some].astype(np.uint32),
        "target": picture.table.target[some].astype(np.uint32),
        "kind": picture.kind[some].astype(np.uint8),
        "delay": _narrow(picture.delay[some]),
        "strength": _single(picture.strength[some]),
        "gate": picture.gate[some].astype(np.int32),
    }


def _single(values: Array) -> Array:
    """Return numbers as float32, the largest of these where they are larger; nan stay."""
    largest = float(np.finfo(np.float32).max)
    return np.clip(values, -largest, largest).astype(np.float32)


def _narrow(values: Array) -> Array:
    """Return whole numbers >= 0 as uint16 if they fit, otherwise as uint32."""
    most = int(values.max(initial=0))
    return np.minimum(values, 2**32 - 1).astype(np.uint16 if most < 2**16 else np.uint32)


def _changes(table: GraphTable, lesions: pandas.DataFrame) -> Array:
    """Return the change of the loss without each node, nan for those that were not removed."""
    columns = [str(name) for name in getattr(lesions, "columns", ())]
    if not {"removed", "change"} <= set(columns):
        raise DataError(
            "lesions: not a frame with the columns removed and change, such as that of "
            'gn.analysis.lesions(net, inputs, targets, of="neurons")'
        )
    found = np.full(table.n_nodes, np.nan)
    for name, change in zip(lesions["removed"].tolist(), lesions["change"].tolist(), strict=True):
        if is_missing(name):
            continue  # the whole network
        position = table.index.get(name) if isinstance(name, Hashable) else None
        if position is None:
            raise DataError(
                f"lesions: {quoted(name)} is not a node of the graph; give the frame of "
                'gn.analysis.lesions(net, inputs, targets, of="neurons")'
            )
        found[position] = change
    return found


def _title_of(table: GraphTable, title: Any) -> str:
    if title is not None and not isinstance(title, str):
        raise DataError(f"title={quoted(title)} is not text")
    name = table.attributes.get("name")
    own = name if isinstance(name, str) and name.strip() else "Network"
    return visible(own if title is None else title)


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}"


def _apart(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return descriptions of attributes with names of which none occurs twice; those of lesions keep theirs."""
    first = sorted(range(len(rows)), key=lambda i: rows[i]["source"] != "lesion")
    for i, name in zip(first, numbered(rows[i]["name"] for i in first), strict=True):
        rows[i]["name"] = name
    return rows
