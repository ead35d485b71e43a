"""Write two pages to look at: a worm that tells speakers apart, and the optic lobe of a fly that sees edges move.

Each is one HTML file that opens from disk.  The worm is that of worm_speakers.py, trained with seed 0, with three
utterances of each speaker that it was not trained on, and the loss without each neuron.  The optic lobe is that of
fly.py, in an eye of 61 columns instead of 721: each type of cell is a map of the eye, and edges of light and of
darkness cross it in four directions.

    python examples/make_pages.py -o runs/pages
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter

import numpy as np

import graphnet as gn

from fly import DIRECTIONS, DT, GREY, MEASURED, draw_optic_lobe, hexagon, moving_edges, places
from worm import between, read_worm
from worm_speakers import N_CHANNELS, N_SPEAKERS, read_speech, train, view

SPEED = 19.0
"""Speed of the edges in columns per second."""
SHOWN = {0: "to the right", 90: "up", 180: "to the left", 270: "down"}
"""Directions of the edges in degrees."""
ROWS = (
    ("light", "R"),
    ("L", "Lawf", "Am", "C"),
    ("Mi",),
    ("T1", "T2", "T3", "T4", "T5"),
    ("Tm",),
    ("TmY",),
)
"""Beginnings of the names of types in each row of maps, from the eye inwards."""


def view_worm(place: Path, epochs: int) -> None:
    """Train the worm on the speakers and write its page."""
    channels, speakers = [("channel", i) for i in range(N_CHANNELS)], [("speaker", i) for i in range(N_SPEAKERS)]
    speech = read_speech()
    net, _ = train(between(read_worm(), channels, speakers), speech, 0, epochs)
    view(place, net, speech["test"], epochs)


def view_optic_lobe(place: Path, extent: int) -> None:
    """Show edges to the optic lobe and write its page."""
    outputs = [(name, 0, 0) for name in MEASURED]
    table = draw_optic_lobe(extent, outputs=outputs)
    positions, types = maps(table.nodes, extent)
    table = table.with_columns({"type": gn.Column(np.array(types, object))}, {})
    net = gn.compile(table, dt=DT, dtype="float32", seed=0)
    grey = net.run(np.full((1, round(1 / DT), net.n_inputs), GREY), return_state=True).state
    directions = [DIRECTIONS.tolist().index(angle) for angle in SHOWN]
    light = {"ON": 1.0, "OFF": 0.0}
    inputs = np.concatenate([moving_edges(extent, value, SPEED)[directions] for value in light.values()])
    labels = [f"{name} edge {direction}" for name in light for direction in SHOWN.values()]
    gn.view(
        net,
        place,
        inputs=inputs,
        state=grey.take(np.zeros(len(inputs), int)),
        positions=positions,
        samples={label: row for row, label in enumerate(labels)},
        title="Optic lobe of the fly seeing an edge",
        notes=[
            f"An eye of {net.n_inputs} columns; that of flyvis has 721. Each map of the eye is a type of cell. After a "
            f"second of grey, an edge of light (ON) or of darkness (OFF) crosses it at {SPEED:g} columns a second.",
            "T4 cells prefer ON edges and T5 cells OFF edges; a to d of both prefer four directions.",
        ],
    )


def maps(nodes: Sequence[tuple], extent: int) -> tuple[dict[tuple, tuple[float, float]], list[str]]:
    """Return positions of all cells, in a map of the eye for each type, and the type of each."""
    types = list(dict.fromkeys(name for name, *_ in nodes))
    rows = [[name for name in types if row_of(name) == row] for row in range(len(ROWS))]
    corner = {name: (across, down) for down, row in enumerate(rows) for across, name in enumerate(row)}
    x, y = places(extent)
    column = dict(zip(zip(*(each.tolist() for each in hexagon(extent)), strict=True), range(len(x)), strict=True))
    width, height = np.ptp(x) + 4, np.ptp(y) + 7  # with room for a heading
    found = {}
    for node in nodes:
        name, *at = node
        across, down = corner[name]
        here = column[tuple(at)]
        found[node] = (across * width + x[here], y[here] - down * height)
    return found, [name for name, *_ in nodes]


def row_of(name: str) -> int:
    """Return the row with the longest beginning of the name of a type."""
    fits = [(len(begin), row) for row, begins in enumerate(ROWS) for begin in begins if name.startswith(begin)]
    return max(fits)[1]


def main() -> None:
    """Write the pages and print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=20, help="epochs of the worm")
    parser.add_argument("--extent", type=int, default=4, help="columns from the central one to the outermost ones")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/pages"), help="folder of the pages")
    options = parser.parse_args()
    options.output.mkdir(parents=True, exist_ok=True)
    for name, make, size in (
        ("worm", view_worm, options.epochs),
        ("optic_lobe", view_optic_lobe, options.extent),
    ):
        begun, place = perf_counter(), options.output / f"{name}.html"
        make(place, size)
        print(f"{place}: {place.stat().st_size / 1000:,.0f} kB ({perf_counter() - begun:.0f} s)")


if __name__ == "__main__":
    main()
