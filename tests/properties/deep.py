"""Try every property on ten thousand drawings: ``make test-deep``.

Drawings come in chunks, each with its own seed, and every property is tried on each drawing.  Finished chunks are
recorded in .deep/, by the seed and the sources, so that a run that was stopped continues where it was.  Failures are
shrunk at the end, with the same seed.
"""

from __future__ import annotations

import json
import pickle
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path
from typing import Any

import click
from hypothesis import HealthCheck, Phase, given, seed, settings

import graphnet as gn
from graphnet.testing.properties import PROPERTIES, Property
from graphnet.testing.properties.gradients import backward_twice_gives_the_same_bits
from graphnet.testing.property_cases import Case, cases
from tests.properties.interpreted import outputs_and_final_state_are_the_interpreters
from tests.written import hash_of_files, written_lines

ROOT = Path(__file__).parents[2]
DEEP: tuple[Property, ...] = (outputs_and_final_state_are_the_interpreters, *PROPERTIES)
CHUNK = 250


def draw_cases(number: int, examples: int, body: Callable[[Case], None], phases: list[Phase]) -> None:
    """Run a body on random drawings, which are the same for the same number."""
    run = given(cases())(body)
    run = settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )(run)
    seed(number)(run)()


class Compiler:
    """``graphnet.compile`` that compiles a drawing once for all properties and gives each of them a copy.

    Calls with options, or for another drawing, are compiled anew.
    """

    def __init__(self, graph: Any) -> None:
        self._graph, self._copy = graph, pickle.dumps(gn.compile(graph))

    def __call__(self, graph: Any, **options: Any) -> gn.Network:
        return pickle.loads(self._copy) if graph is self._graph and not options else gn.compile(graph, **options)


def try_chunk(number: int, examples: int, properties: Sequence[Property]) -> dict[str, Any]:
    """Try properties on one chunk of drawings; return the number of drawings and the first failure of each property."""
    warnings.simplefilter("error")
    begun, count, failures = time.perf_counter(), 0, {}

    def body(case: Case) -> None:
        nonlocal count
        count += 1
        compile = Compiler(case.graph)
        for each in properties:
            try:
                each(case, gn.compile if each is backward_twice_gives_the_same_bits else compile)
            except Exception as error:
                failures.setdefault(each.__name__, f"{error!r}\n{case}")

    draw_cases(number, examples, body, [Phase.generate])
    return {"chunk": number, "examples": count, "failures": failures, "seconds": time.perf_counter() - begun}


def shrink(of_case: Property, number: int, examples: int) -> str:
    """Return the failure of a property on the smallest drawing that is found."""
    try:
        draw_cases(number, examples, lambda case: of_case(case, gn.compile), [Phase.generate, Phase.shrink])
    except Exception as error:
        return "".join(traceback.format_exception_only(error))
    return "not found again"


def sources() -> str:
    """Return a hash of everything that a result depends on."""
    folders = (ROOT / "graphnet", ROOT / "tests/properties")
    return hash_of_files(file for folder in folders for file in sorted(folder.rglob("*.py")))


@click.command()
@click.option("--examples", type=click.IntRange(1), default=10_000, show_default=True, help="Drawings of a property.")
@click.option("--only", multiple=True, help="A property, by its name.")
@click.option("--seed", "base", type=click.IntRange(0), default=0, show_default=True, help="Seed of the drawings.")
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes.")
def main(examples: int, only: tuple[str, ...], base: int, jobs: int) -> None:
    """Try every property of networks on many drawings."""
    properties = [each for each in DEEP if not only or each.__name__ in only]
    folder = ROOT / ".deep"
    folder.mkdir(exist_ok=True)
    file = folder / f"{'-'.join([str(base), *only, sources()])}.jsonl"
    wanted = range(base * 10**6, base * 10**6 + -(-examples // CHUNK))
    done = {chunk["chunk"]: chunk for chunk in written_lines(file) if chunk["chunk"] in wanted}
    open_chunks = [number for number in wanted if number not in done]
    click.echo(f"{len(properties)} properties, {examples} drawings each, seed {base}")
    click.echo(f"{len(done)} of {len(wanted)} chunks known")
    with ProcessPoolExecutor(jobs) as pool, file.open("a") as out:
        for future in as_completed([pool.submit(try_chunk, number, CHUNK, properties) for number in open_chunks]):
            chunk = future.result()
            done[chunk["chunk"]] = chunk
            out.write(json.dumps(chunk) + "\n")
            out.flush()
            failing = f", failures: {', '.join(chunk['failures'])}" if chunk["failures"] else ""
            click.echo(f"{len(done):>4} of {len(wanted)} chunks, {chunk['seconds']:.0f} s{failing}")
    total = sum(chunk["examples"] for chunk in done.values())
    failures = {name: number for number, chunk in sorted(done.items()) for name in chunk["failures"]}
    for each in properties:
        click.echo(f"{'FAILED' if each.__name__ in failures else 'held  '} {total:>6} {each.__name__}")
    for each in properties:
        if each.__name__ in failures:
            number = failures[each.__name__]
            click.echo(f"\n{each.__name__}, chunk {number}: {shrink(each, number, CHUNK)}")
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
