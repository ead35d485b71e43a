"""Runs that are killed or interrupted at random moments: ``python -m tests.train.killed --count 500``.

A child trains and writes a checkpoint at every update; the signal comes after a random while.  What is left has to
open, and to lead to the same bits as the run that nobody stopped.
"""

from __future__ import annotations

import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

import graphnet as gn

from .runs import go_on, same, train

SETTINGS = {"checkpoint_every": 1, "noise": 0.05, "truncation": 5}


def stop(number: int, run: Path, seconds: float) -> int:
    """Train in a child, send it the signal after a while; return how it ended: its exit code, or minus the signal."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            signal.signal(signal.SIGINT, signal.default_int_handler)
            train(run, **SETTINGS)
            code = 0
        except KeyboardInterrupt:
            code = 130
        finally:
            os._exit(code)
    time.sleep(seconds)
    os.kill(child, number)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def stops(number: int, count: int, seed: int, *, finish: int) -> Iterator[str]:
    """Stop ``count`` runs, and yield what is wrong with what they left; ``finish`` of them are gone on with."""
    rng = np.random.default_rng(seed)
    with tempfile.TemporaryDirectory() as folder:
        begun = time.perf_counter()
        expected = train(Path(folder, "whole"), **SETTINGS).parameters
        longest = time.perf_counter() - begun
        for k in range(count):
            run = Path(folder, f"run{k}")
            seconds = float(rng.uniform(0, longest))
            code = stop(number, run, seconds)
            where = f"run {k}, stopped after {seconds:.3f} s with {code}"
            if code not in (0, -number if number == signal.SIGKILL else 130):
                yield f"{where}: it ended otherwise"
            if not run.exists():  # before there was a first checkpoint
                for left in Path(folder).glob(".*.partial"):
                    shutil.rmtree(left)
                continue
            try:
                opened = gn.open_run(run)
                opened.network()
                if k % max(1, count // finish) == 0 and not same(go_on(run).parameters, expected):
                    yield f"{where}: it leads elsewhere"
                if [row["epoch"] for row in opened.rows()] != list(range(1, len(opened.rows()) + 1)):
                    yield f"{where}: metrics.jsonl has {opened.rows()}"
            except Exception as error:
                yield f"{where}: {type(error).__name__}: {error}"
            shutil.rmtree(run)


@click.command()
@click.option("--count", type=int, default=500, show_default=True, help="SIGKILLs; a fifth as many SIGINTs.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the moments.")
def main(count: int, seed: int) -> None:
    """Stop runs at random moments, and say what is wrong with what they leave."""
    wrong = 0
    for number, times in ((signal.SIGKILL, count), (signal.SIGINT, count // 5)):
        begun, found = time.perf_counter(), list(stops(number, times, seed, finish=times // 5))
        for problem in found:
            click.echo(problem)
        wrong += len(found)
        click.echo(f"{times} {number.name}: {len(found)} wrong, {time.perf_counter() - begun:.0f} s")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
