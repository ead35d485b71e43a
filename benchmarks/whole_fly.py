"""Time and memory of a network as large as the nervous system of a fly, from its matrix or tables to training.

The graph is synthetic: 166,700 neurons and 25.5 million synapses as in MaleCNS v1.0, with log-normal degrees, one in
eight synapses answered, and six in ten inside neighbourhoods of some 2,000 neurons.  It is no animal, and the order of
its neurons is that of the neighbourhoods.  Each neuron is tanh, four inputs reach, and four outputs read, 1,000
neurons; 8 samples of 10 steps, float32.

Each way is measured in a process of its own, after its kernels were compiled or loaded for a small network.  Memory is
beyond the data, which are loaded before: the largest of a stage, and what is left after it.  It needs Linux.

    python benchmarks/whole_fly.py
    python benchmarks/whole_fly.py --peers                       # beside JAX (BCOO) and flydnet, where installed
    python benchmarks/whole_fly.py --beside OTHER/bin/python     # beside the graphnet of another environment
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import scipy.sparse as sp

NEURONS, SYNAPSES = 166_700, 25_500_000
N_PORTS, N_REACHED, N_SAMPLES, N_STEPS = 4, 1000, 8, 10
NEIGHBOURHOOD, CLUSTERED, ANSWERED = 2000, 0.6, 0.07
"""Neurons of a neighbourhood, share of synapses inside one, and share of synapses that another is drawn to answer."""
ENTRIES = 1 << 22
"""Entries of the table of targets, in which each neuron has as many as its in-degree asks for."""
FIRST_ID = 10_000


def draw_connectome(n_neurons: int, n_synapses: int, seed: int = 0) -> sp.csr_array:
    """Return the numbers of synapses of a synthetic connectome, [target, source], (n_neurons, n_neurons) int32."""
    rng = np.random.default_rng(seed)
    outward, inward = (np.exp(rng.normal(0, 1, n_neurons)) for _ in range(2))
    n_drawn = int(1.2 * n_synapses)
    source = np.repeat(np.arange(n_neurons), rng.multinomial(n_drawn, outward / outward.sum()))
    bounds = np.append(0, np.cumsum(inward) / inward.sum() * ENTRIES).astype(np.int64)
    bounds[-1] = ENTRIES
    table = np.repeat(np.arange(n_neurons), np.diff(bounds))
    first = source // NEIGHBOURHOOD * NEIGHBOURHOOD
    begin, end = bounds[first], bounds[np.minimum(first + NEIGHBOURHOOD, n_neurons)]
    abroad = rng.random(n_drawn) >= CLUSTERED
    begin[abroad], end[abroad] = 0, ENTRIES
    target = table[begin + (rng.random(n_drawn) * (end - begin)).astype(np.int64)]
    del begin, end, first, abroad
    answered = rng.random(n_drawn) < ANSWERED
    pairs = np.concatenate([target * n_neurons + source, source[answered] * n_neurons + target[answered]])
    del source, target, answered
    pairs = np.unique(pairs)
    if len(pairs) < n_synapses:
        raise SystemExit(f"{n_synapses:,} synapses are too many for {n_neurons:,} neurons")
    # each is left out with the same chance, in order
    kept = np.ones(len(pairs), bool)
    kept[rng.choice(len(pairs), len(pairs) - n_synapses, replace=False, shuffle=False)] = False
    target, source = np.divmod(pairs[kept], n_neurons)
    pointers = np.append(0, np.cumsum(np.bincount(target, minlength=n_neurons))).astype(np.int32)
    counts = rng.geometric(0.2, n_synapses).astype(np.int32)
    return sp.csr_array((counts, source.astype(np.int32), pointers), shape=(n_neurons, n_neurons))


def describe(counts: sp.csr_array) -> str:
    """Return what the graph is like, in a sentence."""
    inward, outward = np.diff(counts.indptr), np.bincount(counts.indices, minlength=counts.shape[0])
    target = np.repeat(np.arange(len(inward)), inward)
    local = np.mean(target // NEIGHBOURHOOD == counts.indices // NEIGHBOURHOOD)
    pairs = sp.csr_array((np.ones(counts.nnz, bool), counts.indices, counts.indptr), shape=counts.shape)
    answered = pairs.multiply(pairs.T.tocsr()).nnz / counts.nnz
    return (
        f"synthetic, no animal: {len(inward):,} neurons, {counts.nnz:,} synapses; in-degrees {np.median(inward):.0f} "
        f"(median) to {inward.max():,}, out-degrees {np.median(outward):.0f} to {outward.max():,}; {answered:.0%} "
        f"answered, {local:.0%} inside neighbourhoods"
    )


def draw_problem(counts: sp.csr_array, seed: int = 1) -> dict[str, Any]:
    """Return weights of synapses, of inputs and outputs, inputs and targets, in single precision."""
    rng = np.random.default_rng(seed)
    n = counts.shape[0]
    deviation = np.repeat(1 / np.sqrt(np.maximum(np.diff(counts.indptr), 1)), np.diff(counts.indptr))
    weights = (rng.standard_normal(counts.nnz, np.float32) * deviation).astype(np.float32)
    inward, outward = np.zeros((n, N_PORTS), np.float32), np.zeros((N_PORTS, n), np.float32)
    reached = np.linspace(0, n, min(N_REACHED, n), endpoint=False).astype(int)
    inward[reached] = rng.normal(0, 0.5, (len(reached), N_PORTS))
    outward[:, reached] = rng.normal(0, len(reached) ** -0.5, (N_PORTS, len(reached)))
    x, y = (rng.standard_normal((N_SAMPLES, N_STEPS, N_PORTS), np.float32) for _ in range(2))
    W = sp.csr_array((weights, counts.indices, counts.indptr), shape=counts.shape)
    return {"W": W, "w_in": inward, "w_out": outward, "x": x, "y": y}


def memory(what: str) -> float:
    """Return VmRSS or VmHWM, the largest so far, of this process, GB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024 / 1e9


class Stages:
    """Prints a line for each stage, with seconds and memory beyond what there was at the beginning."""

    def __init__(self, way: str) -> None:
        self._way, self._base = way, memory("VmRSS")
        self.seconds = self.busy = self.peak = 0.0

    @contextmanager
    def stage(self, name: str, *, repeats: int = 1) -> Iterator[None]:
        """Measure what happens inside; seconds are of one of so many repeats."""
        Path("/proc/self/clear_refs").write_text("5")  # VmHWM begins anew
        start, busy = time.perf_counter(), time.process_time()
        yield
        seconds, busy = time.perf_counter() - start, time.process_time() - busy
        peak, left = (memory(what) - self._base for what in ("VmHWM", "VmRSS"))
        self.seconds += seconds
        self.busy += busy
        self.peak = max(self.peak, peak)
        self.line(name, seconds / repeats, busy / repeats, peak, left)

    def total(self, name: str) -> None:
        """Print the sums so far."""
        self.line(f"**{name}**", self.seconds, self.busy, self.peak, memory("VmRSS") - self._base)

    def line(self, name: str, seconds: float, busy: float, peak: float, left: float) -> None:
        """Print a line."""
        print(f"{self._way} | {name} | {seconds:.2f} | {busy:.2f} | {peak:.2f} | {left:.2f}", flush=True)

    def say(self, name: str, what: str) -> None:
        """Print a line without seconds."""
        print(f"{self._way} | {name} | {what} | | |", flush=True)


def fingerprint(value: float, gradient: np.ndarray) -> str:
    """Return a loss, and a hash of the bits of a gradient, that two ways can be compared by."""
    return f"loss {value:.6f}, bits {blake2b(np.ascontiguousarray(gradient).data, digest_size=4).hexdigest()}"


def warm_up(problem: dict[str, Any], folder: Path) -> None:
    """Compile, or load, the kernels and everything that is imported late."""
    import pandas as pd

    import graphnet as gn

    rng = np.random.default_rng(0)
    W = sp.random_array((1000, 1000), density=0.03, rng=rng, format="csr")
    small = gn.graphs.from_matrix(W, w_in=rng.normal(size=(1000, N_PORTS)), w_out=rng.normal(size=(N_PORTS, 1000)))
    net = gn.compile(small, dtype="float32", seed=0)
    gn.fit(net, problem["x"], problem["y"], optimizer="adam", epochs=1, batch_size=N_SAMPLES, progress=False)
    gn.save(net, folder / "small.safetensors")
    gn.load(folder / "small.safetensors")
    gn.graphs.from_tables(pd.DataFrame({"body_pre": [1], "body_post": [2], "weight": [3]}), count="weight")


def measure_matrix(counts: sp.csr_array, folder: Path, updates: int) -> None:
    """From a matrix of weights to training, saving and loading."""
    import graphnet as gn

    problem = draw_problem(counts)
    del counts
    warm_up(problem, folder)
    stages = Stages("from_matrix")
    with stages.stage("from_matrix"):
        table = gn.graphs.from_matrix(problem["W"], w_in=problem["w_in"], w_out=problem["w_out"])
    with stages.stage("compile"):
        net = gn.compile(table, dtype="float32", seed=0)
    del table
    train(stages, net, problem, updates)
    loss = net.value_and_grad(problem["x"], problem["y"])[0]
    path = save(stages, net, folder)
    del net
    load(stages, path, problem, loss)


def measure_tables(counts: sp.csr_array, folder: Path, updates: int) -> None:
    """From frames of synapses, in random order, and of neurons to training."""
    import pandas as pd

    import graphnet as gn

    problem = draw_problem(sp.csr_array(counts[:1000, :1000]))
    order = np.random.default_rng(2).permutation(counts.nnz)
    target = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    frame = {"body_pre": counts.indices[order] + FIRST_ID, "body_post": target[order] + FIRST_ID}
    edges = pd.DataFrame({**frame, "weight": counts.data[order]}).astype(np.int64)
    body = FIRST_ID + np.arange(counts.shape[0])
    kinds = np.array(["sensory", "motor", *["intrinsic"] * 165])[np.arange(len(body)) % 167]
    nodes = pd.DataFrame({"bodyId": body, "superclass": kinds})
    del counts, order, target, frame, body, kinds
    warm_up(problem, folder)
    stages = Stages("from_tables")
    with stages.stage("from_tables"):
        table = gn.graphs.from_tables(edges, nodes, count="weight")
    with stages.stage("with_inputs, with_readout"):
        table = gn.graphs.with_inputs(table, N_PORTS, lambda _, said: said.get("superclass") == "sensory")
        table = gn.graphs.with_readout(table, N_PORTS, lambda _, said: said.get("superclass") == "motor")
    with stages.stage("compile"):
        net = gn.compile(table, dtype="float32", seed=0)
    del table
    train(stages, net, problem, updates)
    loss = net.value_and_grad(problem["x"], problem["y"])[0]
    path = save(stages, net, folder)
    del net
    load(stages, path, problem, loss)


def save(stages: Stages, net: Any, folder: Path) -> Path:
    """Measure saving, and return the file."""
    import graphnet as gn

    path = folder / "fly.safetensors"
    with stages.stage("save"):
        gn.save(net, path)
    size = path.stat().st_size
    stages.say("file", f"{size / 1e6:.0f} MB, {size / net.n_edges:.1f} bytes a synapse")
    return path


def load(stages: Stages, path: Path, problem: dict[str, Any], loss: float) -> None:
    """Measure loading, and check the loss."""
    import graphnet as gn

    with stages.stage("load"):
        net = gn.load(path)
    stages.say("loaded", f"the same loss: {net.value_and_grad(problem['x'], problem['y'])[0] == loss}")


def train(stages: Stages, net: Any, problem: dict[str, Any], updates: int) -> None:
    """Measure the first gradient, further ones, and updates by Adam."""
    import graphnet as gn

    x, y = problem["x"], problem["y"]
    with stages.stage("first gradient"):
        found = net.value_and_grad(x, y)
    stages.total("until the first gradient")
    stages.say("first gradient", fingerprint(*found))
    del found
    seconds = []
    with stages.stage("another gradient, mean of 7", repeats=7):
        for _ in range(7):
            start = time.perf_counter()
            net.value_and_grad(x, y)
            seconds.append(time.perf_counter() - start)
    stages.say("another gradient", f"best {min(seconds):.2f} s, median {np.median(seconds):.2f} s")
    if updates:
        with stages.stage(f"an update by Adam, mean of {updates}", repeats=updates):
            gn.fit(net, x, y, optimizer="adam", epochs=updates, batch_size=N_SAMPLES, seed=0, progress=False)
        stages.say("estimate", f"value_and_grad {net.estimate(N_SAMPLES, N_STEPS).value_and_grad / 1e9:.2f} GB")
        stages.say("trained", fingerprint(net.value_and_grad(x, y)[0], net.parameters))


def measure_jax(counts: sp.csr_array, folder: Path, updates: int) -> None:
    """A step of JAX, with the matrix as BCOO."""
    import jax
    import jax.numpy as jnp
    from jax.experimental import sparse

    problem = draw_problem(counts)
    del counts
    W, x, y = problem["W"], *(problem[name].transpose(1, 2, 0) for name in "xy")
    stages = Stages("JAX, BCOO")
    with stages.stage("arrays"):
        coo = W.tocoo()
        indices = jnp.stack([jnp.array(coo.coords[0]), jnp.array(coo.coords[1])], 1)
        bias = jnp.zeros((W.shape[0], 1)), jnp.zeros((N_PORTS, 1))
        numbers = [jnp.array(coo.data), jnp.array(problem["w_in"]), jnp.array(problem["w_out"]), *bias]
        del coo

    def loss(numbers: list[Any], indices: Any) -> Any:
        w, inward, outward, b, c = numbers

        def advance(h: Any, x: Any) -> Any:
            matrix = sparse.BCOO((w, indices), shape=W.shape, indices_sorted=True, unique_indices=True)
            h = jnp.tanh(matrix @ h + inward @ x + b)
            return h, outward @ h + c

        return ((jax.lax.scan(advance, jnp.zeros((W.shape[0], N_SAMPLES)), jnp.array(x))[1] - y) ** 2).mean()

    step = jax.jit(jax.value_and_grad(loss))
    measure_steps(stages, lambda: float(jax.block_until_ready(step(numbers, indices))[0]))


def measure_flydnet(counts: sp.csr_array, folder: Path, updates: int) -> None:
    """A step of flydnet."""
    from flydnet.ganglion import kernels
    from flydnet.ganglion.physiology import Wiring
    from flydnet.ganglion.signal import Signal

    problem = draw_problem(counts)
    del counts
    W, x, y = problem["W"], *(np.ascontiguousarray(problem[name].transpose(1, 2, 0)) for name in "xy")
    n = W.shape[0]
    stages = Stages("flydnet")
    with stages.stage("arrays"):
        post = np.repeat(np.arange(n), np.diff(W.indptr)).astype(np.int32)
        wiring = Wiring(W.indptr.astype(np.int64), W.indices.astype(np.int32), post, n, n)

    def step() -> float:
        bias = np.zeros((n, 1), np.float32), np.zeros((N_PORTS, 1), np.float32)
        arrays = W.data, problem["w_in"], problem["w_out"], *bias
        w, inward, outward, b, c = (Signal(array, plastic=True) for array in arrays)
        forward, back = kernels.matrices(wiring, w.data)
        h, total = Signal(np.zeros((n, N_SAMPLES), np.float32)), 0.0
        for t in range(N_STEPS):
            h = (kernels.propagate(h, w, forward, back, wiring) + inward @ Signal(x[t]) + b).tanh()
            error = outward @ h + c - Signal(y[t])
            total = (error * error).mean() * (1.0 / N_STEPS) + total
        total.retrograde()
        return float(total.item())

    measure_steps(stages, step)


def measure_steps(stages: Stages, step: Any) -> None:
    """Measure the first step of a peer, and three others."""
    with stages.stage("first gradient"):
        loss = step()
    stages.total("until the first gradient")
    stages.say("first gradient", f"loss {loss:.6f}")
    with stages.stage("another gradient, mean of 3", repeats=3):
        for _ in range(3):
            step()


WAYS = {"matrix": measure_matrix, "tables": measure_tables, "jax": measure_jax, "flydnet": measure_flydnet}
PEERS = "jax", "flydnet"


def main() -> None:
    """Draw the graph, measure each way in a process of its own, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("ways", nargs="*", help=f"of {', '.join(WAYS)}  [default: matrix tables]")
    parser.add_argument("--peers", action="store_true", help="JAX and flydnet as well, where they are installed")
    parser.add_argument("--beside", nargs="*", default=[], metavar="PYTHON", help="of other environments, in turn")
    parser.add_argument("--neurons", type=int, default=NEURONS)
    parser.add_argument("--synapses", type=int, default=SYNAPSES)
    parser.add_argument("--updates", type=int, default=5, help="updates by Adam; 0 leaves them out")
    parser.add_argument("--folder", type=Path, help="that keeps the graph  [default: one that is removed]")
    parser.add_argument("--measure", nargs=2, metavar=("FILE", "WAY"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        stored = np.load(options.measure[0])
        shape = (len(stored["pointers"]) - 1,) * 2
        counts = sp.csr_array((stored["counts"], stored["sources"], stored["pointers"]), shape=shape)
        WAYS[options.measure[1]](counts, Path(options.measure[0]).parent, options.updates)
        return
    wrong = [way for way in options.ways if way not in WAYS]
    if wrong:
        parser.error(f"{wrong[0]!r} is not one of {', '.join(WAYS)}")
    ways = options.ways or ["matrix", "tables"]
    if options.peers:
        ways += [way for way in PEERS if find_spec(way) is not None and way not in ways]
        missing = [way for way in PEERS if find_spec(way) is None]
        if missing:
            print(f"not installed: {', '.join(missing)}")
    with tempfile.TemporaryDirectory() as temporary:
        path = (options.folder or Path(temporary)) / f"fly_{options.neurons}_{options.synapses}.npz"
        if not path.exists():
            counts = draw_connectome(options.neurons, options.synapses)
            np.savez(path, counts=counts.data, sources=counts.indices, pointers=counts.indptr)
            print(describe(counts), flush=True)
            del counts
        for python in [sys.executable, *options.beside]:
            print(
                f"\n{python}\n\nway | stage | s | s of processors | peak, GB | left, GB\n---|---|---|---|---|---",
                flush=True,
            )
            for way in ways if python == sys.executable else [way for way in ways if way not in PEERS]:
                command = [python, "-W", "ignore", __file__, "--measure", str(path), way]
                subprocess.run([*command, "--updates", str(options.updates)], check=True)


if __name__ == "__main__":
    main()
