"""Time a training step of a dense RNN, GRU or LSTM, by graphnet and by torch's own module.

The network is the drawing of torch's module, with the same numbers, outputs and loss (mse of the hidden values against
random targets), in float32.  Torch has special kernels for these three cells.

    python benchmarks/cells.py 16 64 256 512 --cells RNN GRU LSTM
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from choices import check_choices

import graphnet as gn
from graphnet.bench import some_threads, time_rounds

try:
    import torch
except ImportError:
    raise SystemExit("this compares with torch, which is not installed: pip install torch") from None

SIZES = {16: (16, 100, 4), 64: (32, 100, 16), 256: (32, 100, 64), 512: (64, 50, 128)}
"""Units: samples, steps, inputs."""
CELLS = ("RNN", "GRU", "LSTM")


def steps(cell: str, units: int) -> dict[str, Callable[[], float]]:
    """Return a training step of graphnet and one of torch; each returns its loss."""
    n_samples, n_steps, n_inputs = SIZES[units]
    torch.manual_seed(1)
    module = getattr(torch.nn, cell)(n_inputs, units, batch_first=True)
    net = gn.compile(gn.graphs.from_torch(module), dtype="float32")
    rng = np.random.default_rng(2)
    x, y = (rng.normal(size=(n_samples, n_steps, n)).astype(np.float32) for n in (n_inputs, units))
    inputs, targets = torch.tensor(x), torch.tensor(y)

    def by_torch() -> float:
        module.zero_grad()
        loss = ((module(inputs)[0] - targets) ** 2).mean()
        loss.backward()
        return loss.item()

    return {"graphnet": lambda: net.value_and_grad(x, y)[0], "torch": by_torch}


def main() -> None:
    """Measure cells of several sizes, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("units", nargs="*", type=int)
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=CELLS)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--budget", type=float, default=60.0, help="seconds that all rounds of a row take together")
    parser.add_argument("--threads", type=int, help="of both  [default: one for each processor]")
    options = parser.parse_args()
    check_choices(parser, options.units, SIZES)
    print("cell | units, samples, steps, inputs | graphnet | torch | torch over graphnet\n---|---|---|---|---")
    with some_threads(options.threads) as n_threads:
        torch.set_num_threads(n_threads)
        for cell in options.cells:
            for units in options.units or SIZES:
                found = time_rounds(steps(cell, units), rounds=options.rounds, budget=options.budget)
                for name, timed in found.items():
                    if timed.error is not None:
                        raise SystemExit(f"{cell} of {units} units, {name}: {timed.error}") from timed.error
                losses = {name: timed.result for name, timed in found.items()}
                if not np.isclose(losses["graphnet"], losses["torch"], rtol=1e-4):
                    raise SystemExit(f"{cell} of {units} units: the losses differ: {losses}")
                ours, theirs = (found[name].median for name in ("graphnet", "torch"))
                size = ", ".join(map(str, (units, *SIZES[units])))
                print(
                    f"{cell} | {size} | {1e3 * ours:.1f} ms | {1e3 * theirs:.1f} ms | {theirs / ours:.2f}", flush=True
                )


if __name__ == "__main__":
    main()
