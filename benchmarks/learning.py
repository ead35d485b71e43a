"""Measure what drawings learn: one row of a table for each task and drawing, the mean of several seeds.

    python benchmarks/learning.py strokes-gru adding-lstm
    python benchmarks/learning.py --seeds 5 --held-out strokes-gru

With ``--held-out`` networks are tested on data that were held out from training, and the test set is not used: settings
were chosen in this way.  ``benchmarks/learning.md`` has the figures, and what was tried.  ``--quick`` runs each row on
its smallest problem.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from math import log
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import networkx as nx
import numpy as np
from choices import check_choices

import graphnet as gn

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from worm import DATA, between, read_worm
from worm_speakers import read_speech
from worm_strokes import hold_out, read_strokes

Draw = Callable[..., nx.DiGraph]


@dataclass(frozen=True)
class Run:
    """One measurement of a row: its seed, and what to test on how large a problem."""

    seed: int
    quick: bool
    held_out: bool

    def smaller(self, size: int, quick: int) -> int:
        """Return a size, or the one of the smallest problem."""
        return quick if self.quick else size

    def train(self, graph: nx.DiGraph, inputs: Any, targets: Any, **settings: Any) -> gn.Network:
        """Return a network that is trained in float32, with gradients of norm 1 at most."""
        net = gn.compile(graph, dtype="float32", seed=self.seed)
        settings["epochs"] = self.smaller(settings["epochs"], 1)
        gn.fit(net, inputs, targets, clip_norm=1.0, seed=self.seed, progress=False, **settings)
        return net


def gated(name: str, n_hidden: int, **options: Any) -> Draw:
    """Return a function that draws a gated network of a seed, with orthogonal recurrent matrices."""

    def draw(n_inputs: int, n_outputs: int, run: Run) -> nx.DiGraph:
        return getattr(gn.graphs, name)(n_inputs, run.smaller(n_hidden, 4), n_outputs, seed=run.seed, **options)

    return draw


def delay_line(n_inputs: int, n_outputs: int, run: Run) -> nx.DiGraph:
    """Draw lines that keep each input for 128 steps, all of which outputs read."""
    return gn.graphs.delay_line(n_inputs, run.smaller(128, 16), n_outputs)


def both_ways(draw: Draw) -> Draw:
    """Return a function that draws a network beside its mirror image in reversed time."""
    return lambda n_inputs, n_outputs, run: gn.graphs.bidirectional(draw(n_inputs, n_outputs, run))


def remembering(draw: Draw, n_steps: int) -> Draw:
    """Return a function that draws an LSTM or a GRU whose units remember for 1 to ``n_steps`` steps at first.

    Biases of forget gates (of update gates, which do the same in a GRU) are log(u), u uniform from 1 to ``n_steps``;
    those of input gates are their negatives (chrono initialization: Tallec & Ollivier, Can recurrent neural networks
    warp time?, ICLR 2018).
    """

    def drawn(n_inputs: int, n_outputs: int, run: Run) -> nx.DiGraph:
        graph, rng = draw(n_inputs, n_outputs, run), np.random.default_rng(run.seed)
        for node in [node for node in graph if node[0] in ("forget", "update")]:
            bias = log(rng.uniform(1, n_steps))
            graph.nodes[node]["bias"] = bias
            if node[0] == "forget":
                graph.nodes["input_gate", *node[1:]]["bias"] = -bias
        return graph

    return drawn


def summing_convolution(n_inputs: int, n_outputs: int, run: Run) -> nx.DiGraph:
    """Draw two layers of convolution whose outputs add up over time, by fixed self-loops of weight 1."""
    n = run.smaller(64, 4)
    graph = gn.graphs.convolution(n_inputs, [n, n], n_outputs, kernel_size=3, dilation=[1, 2])
    for node in [node for node in graph if node[0] == "output"]:
        graph.add_edge(node, node, weight=1.0, trainable=False, delay=1)
        graph.nodes[node]["train_bias"] = False
    return graph


def worm_of_speech(n_inputs: int, n_outputs: int, run: Run) -> nx.DiGraph:
    """Draw the worm between channels and speakers, as ``examples/worm_speakers.py`` does."""
    return between(read_worm(), [("channel", i) for i in range(n_inputs)], [("speaker", i) for i in range(n_outputs)])


def strokes(run: Run, draw: Draw, **settings: Any) -> float:
    """Return the accuracy on MNIST-1D: ten classes, read at the last of 40 steps."""
    x, y, x_test, y_test = read_strokes()
    if run.held_out:
        x, y, x_test, y_test = hold_out(x, y)
    n = run.smaller(len(x), 64)
    net = run.train(draw(1, 10, run), x[:n], y[:n], loss="cross_entropy", **settings)
    return gn.metrics.accuracy(net.run(x_test), y_test)


def vowels(run: Run, draw: Draw, **settings: Any) -> float:
    """Return the accuracy on nine speakers of Japanese vowels, read at the last step of each utterance."""
    speech = read_speech()
    x, y, lengths = speech["train"]
    test = speech["test"]
    if run.held_out:
        # as many utterances of each speaker in each fold; the seed is the fold
        held = np.arange(len(x)) % 5 == run.seed % 5
        test = x[held], y[held], lengths[held]
        x, y, lengths = x[~held], y[~held], lengths[~held]
    net = run.train(draw(x.shape[2], 9, run), x, y, lengths=lengths, loss="cross_entropy", **settings)
    return gn.metrics.accuracy(net.run(test[0], lengths=test[2]), test[1], lengths=test[2])


def made(make: Callable[..., Any], run: Run, n_samples: int, n_steps: int) -> list[Any]:
    """Return generated data to train on, of the run's seed, and to test on, of seeds of their own."""
    n_samples, n_steps = run.smaller(n_samples, 32), run.smaller(n_steps, 10)
    seeds = [run.seed], [run.seed, 1 if run.held_out else 2]
    sizes = n_samples, run.smaller(2000, 32)
    return [make(n, n_steps, np.random.default_rng(seed)) for n, seed in zip(sizes, seeds, strict=True)]


def draw_sums(n_samples: int, n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return numbers from 0 to 1 of which a second channel marks one in either half, and the sums of the marked."""
    x = np.zeros((n_samples, n_steps, 2), np.float32)
    x[..., 0] = rng.random((n_samples, n_steps))
    rows, half = np.arange(n_samples), n_steps // 2
    for first in (0, half):
        x[rows, first + rng.integers(0, half, n_samples), 1] = 1
    return x, (x[..., 0] * x[..., 1]).sum(axis=1, keepdims=True)


def adding(run: Run, draw: Draw, n_samples: int = 10_000, **settings: Any) -> float:
    """Return the mse of sums, read at the last of 200 steps; the mean of all sums has 0.167."""
    (x, y), (x_test, y_test) = made(draw_sums, run, n_samples, 200)
    net = run.train(draw(2, 1, run), x, y, **settings)
    return float(((net.run(x_test)[:, -1] - y_test) ** 2).mean())


BLANK, CUE, N_COPIED = 8, 9, 10


def draw_copies(n_samples: int, n_steps: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Return ten symbols of eight, ``n_steps`` blanks of which the last is a cue, ten more; classes repeat the ten."""
    symbols = rng.integers(0, 8, (n_samples, N_COPIED))
    x = np.full((n_samples, n_steps + 2 * N_COPIED), BLANK)
    y = x.copy()
    x[:, :N_COPIED], x[:, -N_COPIED - 1], y[:, -N_COPIED:] = symbols, CUE, symbols
    return x, y


def copying(run: Run, draw: Draw, n_samples: int = 10_000, **settings: Any) -> float:
    """Return the share of the ten symbols that are repeated after 100 steps; 0.125 is chance."""
    (x, y), (x_test, y_test) = made(draw_copies, run, n_samples, 100)
    net = run.train(draw(10, 9, run), x, y, loss="cross_entropy", **settings)
    return float((net.run(x_test).argmax(axis=2) == y_test)[:, -N_COPIED:].mean())


def sunspots(run: Run, n_lags: int = 12, tested: tuple[int, int] = (1921, 1955), **settings: Any) -> float:
    """Return the rmse of next year's sunspots, after training up to 1920 (held out: 1881 to 1920, up to 1880)."""
    year, seen = np.loadtxt(DATA / "sunspots.csv", delimiter=",", skiprows=1, unpack=True)
    first, last = (1881, 1920) if run.held_out else tested
    known = year < min(first, 1921)
    mean, deviation = seen[known].mean(), seen[known].std()
    x = ((seen - mean) / deviation)[None, :, None]
    known = known[1:]  # of the targets
    graph = gn.graphs.convolution(1, 8, 1, kernel_size=n_lags, activation="tanh")
    used = x[:, :-1][:, known], x[:, 1:][:, known]
    weights = (np.arange(known.sum()) >= n_lags)[None]
    net = run.train(graph, *used, weights=weights, **settings)
    predicted = net.run(x[:, :-1])[0, :, 0] * deviation + mean
    counted = (first <= year[1:]) & (year[1:] <= last)
    return float(np.sqrt(((predicted - seen[1:])[counted] ** 2).mean()))


def mackey_glass(n_steps: int) -> np.ndarray:
    """Return the series of ReservoirPy's ``mackey_glass`` with its settings, (1, n_steps, 1)."""
    past = 17
    x = np.empty(past + n_steps + 1)
    x[:past] = 1.2 + 0.2 * (np.random.default_rng(42).random(past) - 0.5)
    x[past] = 1.2
    for t in range(past, past + n_steps):
        # four stages of a step of length 1, as they are there
        k1 = -0.1 * x[t] + 0.2 * x[t - past] / (1 + x[t - past] ** 10)
        k2 = 2 * k1 - 0.1 * k1
        k3 = 2 * k1 - 0.1 * k2
        x[t + 1] = x[t] + (k1 + k2 + k3 + k1 - 0.1 * k3) / 6
    return x[None, past:-1, None]


def chaos_mackey_glass(
    run: Run, n_neurons: int, ahead: int, sizes: tuple[int, int], alpha: float, scaled: bool
) -> float:
    """Return the rmse some steps ahead of an echo state network, after ``sizes`` steps to train and to test on."""
    n, n_test = run.smaller(sizes[0], 400), sizes[1]
    series = mackey_glass(n + n_test + ahead)
    if scaled:
        series = 2 * (series - series.min()) / np.ptp(series) - 1
    x, y = series[:, :-ahead], series[:, ahead:]
    graph = gn.graphs.echo_state(
        1, run.smaller(n_neurons, 30), 1, spectral_radius=1.25, leak=0.3, density=0.1, seed=run.seed
    )
    net = gn.ridge(gn.compile(graph), x[:, :n], y[:, :n], alpha=alpha, washout=100)
    return float(np.sqrt(((net.run(x) - y)[0, n:] ** 2).mean()))


def lorenz(n_steps: int, rng: np.random.Generator, n_samples: int = 1) -> np.ndarray:
    """Return (x, y, z) of the Lorenz system every 0.02, on its attractor, divided by 10, and a constant 1.

    RK4 with steps of 0.005; (n_samples, n_steps, 4).  The constant breaks the symmetry of a reservoir without biases.
    """

    def slope(v: np.ndarray) -> np.ndarray:
        return np.array([10 * (v[1] - v[0]), v[0] * (28 - v[2]) - v[1], v[0] * v[1] - 8 / 3 * v[2]])

    h, first, v = 0.005, 1000, rng.normal(size=(3, n_samples))
    found = np.ones((n_samples, n_steps, 4))
    for step in range(first + n_steps):
        if step >= first:
            found[:, step - first, :3] = v.T / 10
        for _ in range(4):
            k1 = slope(v)
            k2 = slope(v + h / 2 * k1)
            k3 = slope(v + h / 2 * k2)
            v = v + h / 6 * (k1 + 2 * k2 + 2 * k3 + slope(v + h * k3))
    return found


LYAPUNOV_TIME = 1 / 0.9056 / 0.02
"""Steps in which errors of the Lorenz system grow by a factor of e."""


def reservoir_of_lorenz(run: Run, alpha: float, **options: Any) -> tuple[gn.Network, np.ndarray]:
    """Return a reservoir that predicts the next step, and 20 series to test it on."""
    rng = np.random.default_rng([run.seed, 1 if run.held_out else 2])
    series = lorenz(run.smaller(5000, 500), np.random.default_rng(run.seed))
    graph = gn.graphs.echo_state(4, run.smaller(500, 30), 3, seed=run.seed, **options)
    net = gn.ridge(gn.compile(graph), series[:, :-1], series[:, 1:, :3], alpha=alpha, washout=100)
    return net, lorenz(run.smaller(1500, 210), rng, 20)


def chaos_step(run: Run, **options: Any) -> float:
    """Return the rmse of the next step, over the deviation of the series."""
    net, series = reservoir_of_lorenz(run, **options)
    error = (net.run(series[:, :-1]) - series[:, 1:, :3])[:, 100:]
    return float(np.sqrt((error**2).mean()) / series[..., :3].std(axis=(0, 1)).mean())


def chaos_horizon(run: Run, **options: Any) -> float:
    """Return the mean valid prediction time: Lyapunov times until an error exceeds 0.4 of the deviation.

    After 200 steps of the series the network reads its own predictions.  The error is the norm over (x, y, z), the
    deviation the root of the sum of their variances.
    """
    net, series = reservoir_of_lorenz(run, **options)
    warm = net.run(series[:, :200], return_state=True)
    simulator, predicted = net.simulator(len(series), state=warm.state), warm.outputs[:, -1]
    deviation = np.sqrt(series[..., :3].var(axis=(0, 1)).sum())
    valid, going = np.zeros(len(series)), np.ones(len(series), bool)
    for step in range(200, series.shape[1]):
        going &= np.linalg.norm(predicted - series[:, step, :3], axis=1) <= 0.4 * deviation
        valid += going
        predicted = simulator.step(np.column_stack([predicted, np.ones(len(series))]))
    return float(valid.mean() / LYAPUNOV_TIME)


def read_text(run: Run, length: int = 100) -> tuple[np.ndarray, np.ndarray, int]:
    """Return Python's help as numbers of its characters: pieces to train on, the last tenth, and how many there are.

    Held out is the tenth before the last.
    """
    text = "".join(import_module("pydoc_data.topics").topics.values())
    characters, numbers = np.unique(list(text), return_inverse=True)
    tenth = len(numbers) // 10
    known, rest = numbers[: -2 * tenth if run.held_out else -tenth], numbers[-2 * tenth : -tenth]
    rest = rest if run.held_out else numbers[-tenth:]
    known, rest = known[: run.smaller(len(known), 1001)], rest[: run.smaller(len(rest), 500)]
    first = np.arange(0, len(known) - length, length)
    return known[first[:, None] + np.arange(length + 1)], rest, len(characters)


def characters(run: Run, n_hidden: int, **settings: Any) -> float:
    """Return the bits per character of an LSTM that predicts the next one, from the start of the unseen text on."""
    pieces, rest, n = read_text(run)
    graph = gn.graphs.lstm(n, run.smaller(n_hidden, 4), n, seed=run.seed)
    net = run.train(graph, pieces[:, :-1], pieces[:, 1:], loss="cross_entropy", **settings)
    return gn.train.evaluate(net, rest[None, :-1], rest[None, 1:], loss="cross_entropy")["loss"] / log(2)


def characters_in_torch(run: Run, n_hidden: int, epochs: int, batch_size: int, learning_rate: float) -> float:
    """Return the bits per character of torch's LSTM with the same size, batches, steps and schedule."""
    torch = import_module("torch")
    torch.set_num_threads(1)
    torch.manual_seed(run.seed)
    pieces, rest, n = read_text(run)
    size, epochs = run.smaller(n_hidden, 4), run.smaller(epochs, 1)
    lstm, readout = torch.nn.LSTM(n, size, batch_first=True), torch.nn.Linear(size, n)
    parameters = [*lstm.parameters(), *readout.parameters()]
    adam = torch.optim.Adam(parameters, learning_rate)
    steps = epochs * -(-len(pieces) // batch_size)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)

    def loss(numbers: Any) -> Any:
        outputs = readout(lstm(torch.nn.functional.one_hot(numbers[:, :-1], n).float())[0])
        return torch.nn.functional.cross_entropy(outputs.flatten(0, 1), numbers[:, 1:].flatten())

    for _ in range(epochs):
        for batch in torch.tensor(pieces)[torch.randperm(len(pieces))].split(batch_size):
            adam.zero_grad()
            loss(batch).backward()
            torch.nn.utils.clip_grad_norm_(parameters, 1.0)
            adam.step()
            schedule.step()
    with torch.no_grad():
        return float(loss(torch.tensor(rest)[None])) / log(2)


STROKES = {"learning_rate": 0.01, "schedule": "cosine", "epochs": 40}
VOWELS = {"learning_rate": 3e-3, "schedule": "cosine", "epochs": 40, "batch_size": 16}
BY_CONVOLUTION = {**VOWELS, "epochs": 60, "neuron_dropout": 0.3}
ADDING = {"learning_rate": 0.01, "schedule": "cosine", "epochs": 10}
COPYING = {"learning_rate": 0.01, "schedule": "cosine", "epochs": 15}
BY_LINE = {"n_samples": 2000, "learning_rate": 0.01, "schedule": "cosine", "epochs": 5}
SUNSPOTS = {"optimizer": {"name": "adamw", "weight_decay": 1.0}, "learning_rate": 0.01, "epochs": 200}
TEN_AHEAD = {"n_neurons": 500, "ahead": 10, "sizes": (2000, 500), "alpha": 1e-8, "scaled": True}
NEXT = {"n_neurons": 100, "ahead": 1, "sizes": (1599, 400), "alpha": 1e-5, "scaled": False}
LORENZ = {"spectral_radius": 0.6, "density": 0.02, "input_scale": 0.3, "alpha": 1e-11}
TEXT = {"n_hidden": 64, "learning_rate": 0.01, "schedule": "cosine", "epochs": 10}
IN_TORCH = {"n_hidden": 64, "learning_rate": 0.01, "epochs": 10, "batch_size": 32}

ROWS: dict[str, Callable[[Run], float]] = {
    "strokes-gru": partial(strokes, draw=gated("gru", 64), **STROKES),
    "strokes-lstm": partial(strokes, draw=gated("lstm", 64), **STROKES),
    "strokes-gru-both": partial(strokes, draw=both_ways(gated("gru", 64)), **STROKES),
    "vowels-convolution": partial(vowels, draw=summing_convolution, **BY_CONVOLUTION),
    "vowels-gru": partial(vowels, draw=gated("gru", 128), **VOWELS),
    "vowels-worm": partial(vowels, draw=worm_of_speech, **VOWELS),
    "adding-gru": partial(adding, draw=gated("gru", 32), **ADDING),
    "adding-lstm-remembering": partial(adding, draw=remembering(gated("lstm", 32), 200), **ADDING),
    "copying-line": partial(copying, draw=delay_line, **BY_LINE),
    "copying-gru-remembering": partial(copying, draw=remembering(gated("gru", 128), 120), **COPYING),
    "sunspots": partial(sunspots, **SUNSPOTS),
    "sunspots-later": partial(sunspots, tested=(1956, 2008), **SUNSPOTS),
    "mackey-glass": partial(chaos_mackey_glass, **TEN_AHEAD),
    "mackey-glass-next": partial(chaos_mackey_glass, **NEXT),
    "lorenz-step": partial(chaos_step, **LORENZ),
    "lorenz-horizon": partial(chaos_horizon, **LORENZ),
    "characters": partial(characters, **TEXT),
    "characters-torch": partial(characters_in_torch, **IN_TORCH),
}


def main() -> None:
    """Measure rows, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("rows", nargs="*", help=f"of {', '.join(ROWS)}  [default: all]")
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from 0 on")
    parser.add_argument("--held-out", action="store_true", help="test on data held out from training")
    parser.add_argument("--quick", action="store_true", help="the smallest problem of each row")
    options = parser.parse_args()
    check_choices(parser, options.rows, ROWS)
    gn.set_num_threads(1)
    print("row | mean | deviation of seeds | each seed | seconds a seed | of a processor\n---|---|---|---|---|---")
    for name in options.rows or ROWS:
        begun, used = perf_counter(), process_time()
        found = [ROWS[name](Run(seed, options.quick, options.held_out)) for seed in range(options.seeds)]
        seconds = [(perf_counter() - begun) / len(found), (process_time() - used) / len(found)]
        deviation = np.std(found, ddof=1) if len(found) > 1 else 0.0
        cells = [name, *(f"{each:.4g}" for each in (np.mean(found), deviation))]
        cells += [", ".join(f"{each:.4g}" for each in found), *(f"{each:.1f}" for each in seconds)]
        print(" | ".join(cells), flush=True)


if __name__ == "__main__":
    main()
