"""Script for ``mpiexec -n N python -m mpi4py.futures``: fits, comparisons and lesions with the ranks as workers."""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path

import numpy as np

import graphnet as gn
from tests.train.runs import data, draw, train
from tests.train.scored import score


def main(what: str, path: str) -> None:
    """Write what was computed to a file, or a folder."""
    from mpi4py.futures import MPIPoolExecutor  # here, for where tests are collected there may be no MPI

    with MPIPoolExecutor() as ranks:
        if what == "fit":
            np.save(path, train(None, epochs=3, executor=ranks, noise=0.1).parameters)
        elif what == "killed":
            pids = [ranks.submit(os.getpid).result()]
            watch = lambda row: row["epoch"] == 3 and os.kill(pids[0], signal.SIGKILL)  # noqa: E731
            train(Path(path), epochs=6, executor=ranks, callback=watch, checkpoint_every=1)
        elif what == "resume":
            inputs, targets, lengths = data()
            net, _ = gn.resume(path, inputs, targets, lengths=lengths, executor=ranks)
            np.save(path + ".npy", net.parameters)
        else:
            graphs = {"drawn": draw(), "elman": gn.graphs.elman(2, 5, 2)}
            gn.analysis.compare(graphs, score, seeds=2, executor=ranks).table.to_csv(path, index=False)
            inputs, targets, _ = data()
            net = gn.compile(draw(), seed=1)
            found = gn.analysis.lesions(net, inputs, targets, of="neurons", executor=ranks)
            found.to_csv(path + ".lesions", index=False)


if __name__ == "__main__":
    main(*sys.argv[1:])
