"""The optic lobe of the fly *Drosophila* as flyvis draws and trains it, and edges that move before its eye.

Lappalainen et al. (2024) tile 65 types of cells over the hexagonal columns of the eye, with mean numbers of synapses
from electron microscopy, and train a time constant and a bias for each type, and a strength for each pair of types.
For a cell with potential V, over the cells j that feed it:

    tau dV/dt = -V + bias + sum over j of sign_j * count_j * strength_j * relu(V_j) + light

Light enters the photoreceptors R1 to R8 only.  A cell is a ``tau`` neuron with activation relu: its state s is V, and
its value y is relu(V).  A synapse has the strength as its weight and ``sign * count`` as its scale.  A step of Euler's
method reads all cells as they were one step before, which is a delay of 1:

    s(t) = s(t-1) + dt / tau * (bias + light(t) + sum of scale * weight * y(t-1) - s(t-1)),    y(t) = relu(s(t))

All cells of a type are alike: the drawing is a tiled average, and not the connectome of one animal.

Lappalainen, J. K. et al. (2024). Connectome-constrained networks predict neural activity across the fly visual system.
Nature 634, 1132-1140.  doi 10.1038/s41586-024-07939-3
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from pathlib import Path

import numpy as np

import graphnet as gn

DATA = Path(__file__).parent / "data"
DT = 1 / 200
"""Seconds of a step."""
GREY = 0.5
"""Light before a stimulus; black is 0 and white is 1."""
SPARSE = {"Lawf1": (3, 2), "Lawf2": (3, 2)}
"""Types with a cell in every third column along u and every second one along v; all others are in every column."""
DIRECTIONS = np.arange(0, 360, 30)
"""Directions of motion in degrees, of the frame of `places`."""
T4, T5 = ["T4a", "T4b", "T4c", "T4d"], ["T5a", "T5b", "T5c", "T5d"]
MEASURED = dict(zip(T4 + T5, [180, 0, 90, 270] * 2, strict=True))
"""Preferred directions in degrees.  Maisak, M. S. et al. (2013). A directional tuning map of Drosophila elementary
motion detectors. Nature 500, 212-216."""
DETECTORS = [(name, 0, 0) for name in MEASURED]
"""Cells that detect motion, those of the central column."""
OFF, ON = 0, 1
POLARITY = np.repeat([ON, OFF], 4)
"""Edges that the cells of the animal prefer: those of T4 ON, those of T5 OFF."""
SPEEDS = (9.7, 19.0)
"""Speeds of edges in columns per second at which tuning is measured."""


def hexagon(extent: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the coordinates u and v of all columns within some distance of the central one."""
    u, v = np.mgrid[-extent : extent + 1, -extent : extent + 1].reshape(2, -1)
    return u[np.abs(u + v) <= extent], v[np.abs(u + v) <= extent]


def places(extent: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of all columns; neighbours are at a distance of 1."""
    u, v = hexagon(extent)
    return 1.5 * v / np.sqrt(3), -(u + v / 2)


def moving_edges(extent: int, light: float, speed: float) -> np.ndarray:
    """Return the light in each column while an edge crosses a grey eye, (n_directions, n_steps, n_columns).

    Behind the edge is its light: black (0) of an OFF edge, white (1) of an ON edge.  It moves at a speed in columns per
    second, from a column beyond the outermost ones to a column beyond those of the other side.
    """
    x, y = places(extent)
    radians = np.deg2rad(DIRECTIONS)[:, None]
    along = np.cos(radians) * x + np.sin(radians) * y
    front = np.arange(-extent - 1, extent + 1, speed * DT)
    # the part of each column that the edge has passed
    passed = np.clip(front[:, None] - along[:, None] + 0.5, 0, 1)
    return (GREY + (light - GREY) * passed).astype(np.float32)


def peak_responses(
    net: gn.Network, extent: int, cells: Sequence[tuple], *, noise: float = 0.0, seed: int = 0
) -> np.ndarray:
    """Return the largest value of cells while edges cross the eye after a second of grey.

    ``noise`` is the deviation of normal noise that is added to the light of each column and step.  The result is
    (n_cells, 2, n_speeds, n_directions), of OFF edges and of ON edges.
    """
    rng = np.random.default_rng(seed)
    before = np.full((1, round(1 / DT), net.n_inputs), GREY)
    grey = net.run(before, return_state=True).state.take(np.zeros(len(DIRECTIONS), int))
    peaks = np.empty((len(cells), 2, len(SPEEDS), len(DIRECTIONS)))
    for light, (number, speed) in product((OFF, ON), enumerate(SPEEDS)):
        edges = moving_edges(extent, light, speed)
        edges += rng.normal(0, noise, edges.shape)
        recorded = net.run(edges, state=grey, record=cells).recorded
        peaks[:, light, number] = [recorded[cell].max(axis=1) for cell in cells]
    return peaks


def tuning(peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the direction selectivity index of cells and their preferred directions in degrees, both (n_cells, 2).

    As in Lappalainen et al. (2024), with r the largest rectified potential for an edge in direction a:

        index = mean over speeds of  |sum over a of r exp(i a)| / max over OFF and ON of (sum over a of r)
        direction = angle of the sum over speeds and a of  r exp(i a)
    """
    vectors = peaks @ np.exp(1j * np.deg2rad(DIRECTIONS))
    largest = peaks.sum(axis=-1).max(axis=1, keepdims=True)
    index = np.abs(vectors) / np.where(largest > 0, largest, 1)
    return index.mean(axis=-1), np.rad2deg(np.angle(vectors.sum(axis=-1))) % 360


def preferred(peaks: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return what is measured of the `DETECTORS`: selectivity, preferred directions, and which prefer the right edges.

    The first two are those for edges of the animal's polarity; it is right if the index is larger for these.
    """
    index, angle = tuning(peaks)
    cells = range(len(DETECTORS))
    return index[cells, POLARITY], angle[cells, POLARITY], index[cells, POLARITY] > index[cells, 1 - POLARITY]


def off_by(angles: np.ndarray) -> np.ndarray:
    """Return the distance of preferred directions of the `DETECTORS` from those of the animal, in degrees."""
    return np.abs((angles - list(MEASURED.values()) + 180) % 360 - 180)


def read_flyvis() -> dict[str, np.ndarray]:
    """Read numbers of synapses, and 50 sets of trained parameters."""
    with np.load(DATA / "flyvis_ensemble.npz") as file:
        return dict(file)


def draw_optic_lobe(extent: int, number: int = 0, outputs: Sequence[tuple] = ()) -> gn.GraphTable:
    """Draw the optic lobe with a trained set of parameters, and report some of its cells.

    Its inputs are ``("light", u, v)``, one for each column, and its cells ``(type, u, v)``.  Cells of a type are tied,
    and so are the synapses of a pair of types.
    """
    flyvis = read_flyvis()
    types, (u, v) = flyvis["types"].tolist(), hexagon(extent)
    n_types, n_columns = len(types), len(u)

    # nodes: the inputs, then the cells, type after type
    exists = np.ones((n_types, n_columns), bool)
    for name, (along_u, along_v) in SPARSE.items():
        exists[types.index(name)] = (u % along_u == 0) & (v % along_v == 0)
    of_type, column = np.nonzero(exists)
    columns = list(zip(u.tolist(), v.tolist(), strict=True))
    nodes = [("light", *each) for each in columns]
    nodes += [(types[i], *columns[j]) for i, j in zip(of_type, column, strict=True)]
    is_cell = np.arange(len(nodes)) >= n_columns

    # synapses of a group join all cells of a type with those of another at a distance (du, dv); the margin around the
    # eye has no cells
    pair, du, dv = (flyvis["group_" + name].astype(int) for name in ("pair", "du", "dv"))
    middle = extent + max(np.abs(du).max(), np.abs(dv).max())
    node = np.full((n_types, 2 * middle + 1, 2 * middle + 1), -1)
    node[of_type, u[column] + middle, v[column] + middle] = np.flatnonzero(is_cell)
    source = node[flyvis["pair_source"][pair][:, None], u + middle, v + middle]
    target = node[flyvis["pair_target"][pair][:, None], u + du[:, None] + middle, v + dv[:, None] + middle]
    there = (source >= 0) & (target >= 0)
    group = np.nonzero(there)[0]
    pair = pair[group]
    sign = flyvis["pair_sign"][pair].astype(int)

    # synapses from the inputs to R1 ... R8, which are the first eight types, have a fixed weight of 1
    eye = n_columns + np.arange(8 * n_columns)
    is_synapse = np.arange(len(eye) + len(pair)) >= len(eye)

    def cells(values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.zeros(n_columns, values.dtype), values[of_type]])

    def synapses(of_inputs: float, values: np.ndarray) -> np.ndarray:
        return np.concatenate([np.full(len(eye), of_inputs, values.dtype), values])

    role = np.where(is_cell, -1, 0)
    role[[nodes.index(each) for each in outputs]] = 1
    bias, tau, strength = (flyvis[name][number].astype(float) for name in ("bias", "time_const_s", "strength"))
    names = [(types[i], types[j]) for i, j in zip(flyvis["pair_source"], flyvis["pair_target"], strict=True)]
    return gn.GraphTable(
        nodes,
        np.concatenate([eye % n_columns, source[there]]),
        np.concatenate([eye, target[there]]),
        {
            "role": gn.Column(role, role >= 0, ("input", "output")),
            "activation": gn.Column(np.zeros(len(nodes), int), is_cell, ("relu",)),
            "tau": gn.Column(cells(tau), is_cell),
            "bias": gn.Column(cells(bias), is_cell),
            "initial": gn.Column(cells(bias), is_cell),
            "tie": gn.Column(cells(np.arange(n_types)), is_cell, tuple(types)),
        },
        {
            "delay": gn.Column(is_synapse.astype(int)),
            "scale": gn.Column(synapses(1, sign * flyvis["group_n_syn"][group].astype(float))),
            "weight": gn.Column(synapses(1, strength[pair])),
            "sign": gn.Column(synapses(1, sign)),
            "trainable": gn.Column(is_synapse),
            "tie": gn.Column(synapses(0, pair), is_synapse, tuple(names)),
        },
    )
