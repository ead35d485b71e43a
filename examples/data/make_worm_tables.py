"""Write the worm's nervous system as two tables, as laboratories publish them, from ``celegans.json``.

    python examples/data/make_worm_tables.py

``worm_edges.csv`` has a row for each ordered pair of neurons that chemical synapses or gap junctions join;
``worm_neurons.csv`` has the kind, the class and the side of each neuron.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent
SIDES = {"L": "left", "R": "right"}
OPPOSITE = {"L": "R", "R": "L", "D": "V", "V": "D"}


def split_names(neurons: list[str]) -> dict[str, tuple[str, str]]:
    """Return the class and the side of each neuron, from its name and the names of its partners.

    A neuron has a side if its partner on the other side exists, and motor neurons of the ventral cord are numbered.
    This gives the 118 classes of White et al. (1986).
    """
    paired = {n for n in neurons if n[-1] in SIDES and n[:-1] + OPPOSITE[n[-1]] in neurons}
    stems = {n: n[:-1] if n in paired else n for n in neurons}
    found = {}
    for neuron, stem in stems.items():
        cord = re.fullmatch(r"([ADV][ABCDS])\d+", stem)
        is_half = len(stem) > 3 and stem[-1] in "DV"
        if cord:
            stem = cord[1]
        elif is_half and {stem[:-1], stem[:-1] + OPPOSITE[stem[-1]]} & set(stems.values()):
            stem = stem[:-1]
        found[neuron] = stem, SIDES[neuron[-1]] if neuron in paired else ""
    return found


def main() -> None:
    """Write both tables."""
    worm = json.loads((FOLDER / "celegans.json").read_text())
    edges = pd.DataFrame(worm["edges"])
    edges = pd.DataFrame(
        {
            "pre": edges["source"],
            "post": edges["target"],
            "synapses": edges["chemical"].astype(int),
            "gap_junctions": edges["gap"].astype(int),
            "transmitter": edges["transmitter"].fillna(""),
        }
    )
    edges.to_csv(FOLDER / "worm_edges.csv", index=False)
    names = split_names([node["id"] for node in worm["nodes"]])
    neurons = [(node["id"], node["kind"], *names[node["id"]]) for node in worm["nodes"]]
    pd.DataFrame(neurons, columns=["name", "kind", "class", "side"]).to_csv(FOLDER / "worm_neurons.csv", index=False)


if __name__ == "__main__":
    main()
