"""Find the small changes of the code that no test notices: ``make mutants``.

Results go to .mutants/results.jsonl, each with the hash of the changed source and that of the tests.  So a run that
was stopped continues where it was, and a mutant is tried again only if its source changed, or if it survived tests that
have changed since.  The mutants that tests/mutation/equivalent.toml explains are tried once.
"""

from __future__ import annotations

import importlib.abc
import importlib.util
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from types import ModuleType
from typing import Any

import click

from tests.mutation import profile
from tests.mutation.mutants import FILES, ROOT, Mutant, mutants_of
from tests.mutation.report import load_equivalent, write_report
from tests.written import hash_of_files, written_lines

FOLDER = ROOT / ".mutants"
KILLED, SURVIVED = 0, 77
MEMORY = 8 << 30


class Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """An importer that gives one module the source of a mutant."""

    def __init__(self, mutant: Mutant) -> None:
        module = mutant.file.removesuffix(".py").replace("/", ".")
        self._name, self._mutant = module.removesuffix(".__init__"), mutant

    def find_spec(self, name: str, path: Any, target: Any = None) -> Any:
        if name != self._name:
            return None
        is_package = self._mutant.file.endswith("__init__.py")
        spec = importlib.util.spec_from_loader(name, self, origin=self._mutant.file, is_package=is_package)
        assert spec is not None
        if is_package:
            spec.submodule_search_locations = [str((ROOT / self._mutant.file).parent)]
        return spec

    def exec_module(self, module: ModuleType) -> None:
        module.__file__ = str(ROOT / self._mutant.file)
        exec(compile(self._mutant.source, module.__file__, "exec"), module.__dict__)


def live(mutant: Mutant | None, quick: Any, seconds: int) -> None:
    """Try a mutant in a child process; the exit code says if it survived."""
    os.setsid()
    os.environ["GRAPHNET_BACKEND"] = "reference"
    silence = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(silence, stream)
    # a limit of processor time, and a longer one of real time for a mutant that waits for ever
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    signal.alarm(5 * seconds)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    if mutant is not None:
        sys.meta_path.insert(0, Changed(mutant))
    survived = False
    try:
        survived = quick() and profile.second_step(None if mutant is None else mutant.file)
    finally:
        os._exit(SURVIVED if survived else KILLED)


def hash_of_tests(file: str) -> str:
    """Return a hash of the tests that mutants of a file have to pass."""
    paths = [ROOT / name for name in profile.tests_of(file)]
    tests = [each for path in paths for each in (sorted(path.rglob("*.py")) if path.is_dir() else [path])]
    return hash_of_files([Path(__file__).parent / "profile.py", *tests])


def try_all(mutants: Iterable[Mutant | None], quick: Any, seconds: int, jobs: int) -> Iterable[tuple[Any, str, float]]:
    """Yield each mutant when it ends, with "killed", "timeout" or "survived", and the seconds that it took."""
    waiting, running = iter(mutants), {}
    while True:
        while len(running) < jobs and (mutant := next(waiting, running)) is not running:
            sys.stdout.flush()
            child = os.fork()
            if child == 0:
                live(mutant, quick, seconds)
            running[child] = mutant, time.perf_counter()
        if not running:
            return
        child, status = os.wait()
        mutant, begun = running.pop(child)
        if os.WIFSIGNALED(status):
            outcome = "timeout" if os.WTERMSIG(status) in (signal.SIGALRM, signal.SIGXCPU, signal.SIGKILL) else "killed"
        else:
            outcome = "survived" if os.WEXITSTATUS(status) == SURVIVED else "killed"
        yield mutant, outcome, time.perf_counter() - begun


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes.")
@click.option("--only", multiple=True, help="A file, or a part of its name.")
@click.option("--sample", type=click.IntRange(1), help="Number of mutants, drawn at random.  [default: all]")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the order and the sample.")
@click.option("--seconds", type=click.IntRange(1), default=60, show_default=True, help="A mutant's processor time.")
@click.option("--report", is_flag=True, help="Write docs/development/mutants.md from the results, and try nothing.")
def main(jobs: int, only: tuple[str, ...], sample: int | None, seed: int, seconds: int, report: bool) -> None:
    """Make every small change of the code, and list those that no test notices."""
    FOLDER.mkdir(exist_ok=True)
    results = FOLDER / "results.jsonl"
    known = {result["key"]: result for result in written_lines(results)}
    tests = {file: hash_of_tests(file) for file in FILES}
    mutants = [
        mutant for file in FILES if not only or any(part in file for part in only) for mutant in mutants_of(file)
    ]
    if report:
        write_report(mutants, known)
        return
    explained = load_equivalent()
    random.Random(seed).shuffle(mutants)
    mutants = mutants[:sample]
    todo = [
        mutant
        for mutant in mutants
        if mutant.key not in known
        or (
            known[mutant.key]["outcome"] == "survived"
            and known[mutant.key]["tests"] != tests[mutant.file]
            and not any(each.explains(mutant) for each in explained)
        )
    ]
    click.echo(f"{len(mutants)} mutants, {len(mutants) - len(todo)} known")
    cases = profile.drawn_cases()
    quick = profile.first_step([(case, list(profile.everything_of(*case))) for case in cases])
    profile.forget_the_library()
    for _, outcome, clean in try_all([None], quick, 10 * seconds, 1):
        click.echo(f"the unchanged code: {outcome} in {clean:.1f} s")
        if outcome != "survived":
            sys.exit("the tests fail on the unchanged code: mend that first")
    done, begun = Counter[str](), time.perf_counter()
    with results.open("a") as out:
        for mutant, outcome, took in try_all(todo, quick, seconds, jobs):
            done[outcome] += 1
            out.write(
                json.dumps(
                    {"key": mutant.key, "outcome": outcome, "tests": tests[mutant.file], "seconds": round(took, 2)}
                )
                + "\n"
            )
            out.flush()
            known[mutant.key] = {"outcome": outcome}
            if outcome == "survived":
                click.echo(f"survived: {mutant}")
            if done.total() % 200 == 0:
                click.echo(f"{done.total()} of {len(todo)} in {time.perf_counter() - begun:.0f} s: {dict(done)}")
    outcomes = Counter(known[mutant.key]["outcome"] for mutant in mutants)
    alive = [mutant for mutant in mutants if known[mutant.key]["outcome"] == "survived"]
    click.echo(f"{dict(outcomes)}: {1 - len(alive) / max(1, len(mutants)):.1%} killed")
    unexplained = [mutant for mutant in alive if not any(each.explains(mutant) for each in explained)]
    for mutant in sorted(unexplained, key=lambda each: (each.file, each.line)):
        click.echo(f"unexplained: {mutant}")
    sys.exit(bool(unexplained))


if __name__ == "__main__":
    main()
