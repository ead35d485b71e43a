"""Show moving edges to the optic lobe of the fly, and measure which directions its T4 and T5 cells prefer.

The network is that of flyvis (see fly.py): 65 types of cells in 721 columns, 45,669 cells with 1,513,231 synapses, in
one of 50 trained sets of parameters.  After a second of grey, edges cross the eye in twelve directions at two speeds:
ON edges with light behind them, OFF edges with darkness.  In the animal T4 cells prefer ON edges, T5 cells OFF edges,
and cells a, b, c and d of both prefer four directions (Maisak et al. 2013).

    python examples/fly_sees_motion.py --sets 10

flyvis trained its networks to estimate motion in films; none was fitted to measured responses.  One set in a smaller
eye, with pictures, is gallery/plot_66_a_fly_sees_motion.py.
"""

from __future__ import annotations

import argparse
from time import perf_counter

import numpy as np

import graphnet as gn

from fly import DETECTORS, DT, MEASURED, SPEEDS, draw_optic_lobe, off_by, peak_responses, preferred


def main() -> None:
    """Measure the tuning of T4 and T5 in some sets of parameters, and print it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--sets", type=int, default=1, choices=range(1, 51), metavar="N", help="trained sets, at most 50"
    )
    parser.add_argument("--extent", type=int, default=15, help="columns from the central one to the outermost ones")
    parser.add_argument("--quick", action="store_true", help="an eye of 37 columns")
    options = parser.parse_args()
    extent = 3 if options.quick else options.extent

    every_angle = []
    for number in range(options.sets):
        begun = perf_counter()
        net = gn.compile(draw_optic_lobe(extent, number, outputs=DETECTORS), dt=DT, dtype="float32", seed=0)
        if number == 0:
            print(f"{net!r}\nedges at {' and '.join(map(str, SPEEDS))} columns per second\n")
            print("set | " + " | ".join(MEASURED) + " | largest error | right polarity | index of T4, T5 | seconds")
            print("---|" + "---|" * 11 + "---")
            print("Maisak et al. | " + " | ".join(map(str, MEASURED.values())) + " | | | |")
        index, angle, is_right = preferred(peak_responses(net, extent, DETECTORS))
        print(
            f"{number} | " + " | ".join(f"{each:.0f}" for each in angle) + f" | {off_by(angle).max():.0f} | "
            f"{is_right.sum()} of 8 | {index[:4].mean():.2f}, {index[4:].mean():.2f} | "
            f"{perf_counter() - begun:.0f}",
            flush=True,
        )
        every_angle.append(angle)
    if options.sets > 1:
        near = off_by(np.array(every_angle)) <= 45
        whole = near.all(axis=1).sum()
        print(f"\nwithin 45 degrees of the animal: {near.sum()} of {near.size}, all eight in {whole} sets")


if __name__ == "__main__":
    main()
