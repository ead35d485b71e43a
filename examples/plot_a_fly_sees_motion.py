"""Show moving edges to the optic lobe of the fly, and see which way its T4 and T5 cells prefer.

The network is that of flyvis (see fly.py): 65 types of cells in 721 columns, 45,669 cells with 1,513,231 synapses, in
one of 50 trained sets of parameters.  After a second of grey, edges cross the eye in twelve directions at two speeds:
ON edges with light behind them, OFF edges with darkness.  In the animal T4 cells prefer ON edges, T5 cells OFF edges,
and cells a, b, c and d of both prefer four directions (Maisak et al. 2013).

    python examples/plot_a_fly_sees_motion.py --sets 10 -o runs/fly_sees_motion.png

flyvis trained its networks to estimate motion in films; none was fitted to measured responses.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from time import perf_counter

import numpy as np

import graphnet as gn

from fly import DIRECTIONS, DT, MEASURED, T4, T5, draw_optic_lobe, peak_responses, tuning

CELLS = [(name, 0, 0) for name in T4 + T5]
SPEEDS = (9.7, 19.0)
"""Speeds of the edges in columns per second."""
OFF, ON = 0, 1
POLARITY = np.repeat([ON, OFF], 4)
"""Edges that the cells of the animal prefer: those of T4 ON, those of T5 OFF."""


def off_by(angles: np.ndarray) -> np.ndarray:
    """Return the distance of preferred directions from those of the animal, in degrees."""
    return np.abs((angles - list(MEASURED.values()) + 180) % 360 - 180)


def main() -> None:
    """Measure the tuning of T4 and T5 in some sets of parameters, print and plot it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sets", type=int, default=1, choices=range(1, 51), metavar="N", help="trained sets, at most 50"
    )
    parser.add_argument("--extent", type=int, default=15, help="columns from the central one to the outermost ones")
    parser.add_argument("--quick", action="store_true", help="an eye of 37 columns")
    parser.add_argument("-o", "--output", type=Path, default=Path("runs/fly_sees_motion.png"), help="file of the plot")
    options = parser.parse_args()
    extent = 3 if options.quick else options.extent

    every_peak, every_angle = [], []
    for number in range(options.sets):
        begun = perf_counter()
        net = gn.compile(draw_optic_lobe(extent, number, outputs=CELLS), dt=DT, dtype="float32", seed=0)
        if number == 0:
            print(f"{net!r}\nedges at {' and '.join(map(str, SPEEDS))} columns per second\n")
            print("set | " + " | ".join(MEASURED) + " | largest error | right polarity | index of T4, T5 | seconds")
            print("---|" + "---|" * 11 + "---")
            print("Maisak et al. | " + " | ".join(map(str, MEASURED.values())) + " | | | |")
        peaks = peak_responses(net, extent, CELLS, SPEEDS)
        index, angle = tuning(peaks)
        is_right = index[range(8), POLARITY] > index[range(8), 1 - POLARITY]
        preferred, selectivity = angle[range(8), POLARITY], index[range(8), POLARITY]
        print(
            f"{number} | " + " | ".join(f"{each:.0f}" for each in preferred) + f" | {off_by(preferred).max():.0f} | "
            f"{is_right.sum()} of 8 | {selectivity[:4].mean():.2f}, {selectivity[4:].mean():.2f} | "
            f"{perf_counter() - begun:.0f}",
            flush=True,
        )
        every_peak.append(peaks.mean(axis=2))
        every_angle.append(preferred)
    if options.sets > 1:
        near = off_by(np.array(every_angle)) <= 45
        whole = near.all(axis=1).sum()
        print(f"\nwithin 45 degrees of the animal: {near.sum()} of {near.size}, all eight in {whole} sets")
    plot(np.array(every_peak), options.output)


def plot(peaks: np.ndarray, place: Path) -> None:
    """Plot tuning curves (n_sets, n_cells, 2, n_directions), and the preferred directions of the animal."""
    try:
        import matplotlib as mpl
    except ImportError:
        print("\nno plot: matplotlib is not installed (pip install 'graphnet-engine[plot]')")
        return
    mpl.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(2, 4, figsize=(12, 7.6), subplot_kw={"projection": "polar"}, layout="constrained")
    largest = np.maximum(peaks.max(axis=(2, 3), keepdims=True), 1e-9)
    for cell, (name, one) in enumerate(zip(MEASURED, axes.flat, strict=True)):
        curves = (peaks / largest)[:, cell]
        gn.plots.tuning(DIRECTIONS, {"OFF": curves[:, OFF], "ON": curves[:, ON]}, ax=one)
        one.plot([np.deg2rad(MEASURED[name])] * 2, [0, 1.05], color="0.4", linestyle="--", linewidth=1.6)
        one.set_title(name)
    several = f"; thick: mean of {len(peaks)} sets" if len(peaks) > 1 else ""
    figure.suptitle(
        "Largest response of T4 and T5 to ON and OFF edges by the direction of motion\n"
        f"(dashed: preferred in the animal, Maisak et al. 2013{several})"
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(place, dpi=120)
    plt.close(figure)
    print(f"\nthe plot is in {place}")


if __name__ == "__main__":
    main()
