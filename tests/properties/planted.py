"""Eleven bugs, each planted in a copy of the reference executor, and the properties that find them.

``python -m tests.properties.planted`` shrinks a drawing for each bug, tries every property of executors on random
drawings with the bug, and writes the table in docs/development/verification.md.
"""

from __future__ import annotations

import importlib
import random
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import cache, partial
from itertools import repeat
from pathlib import Path
from types import ModuleType
from typing import NamedTuple
from unittest import mock

import click
import hypothesis
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import NoSuchExample

import graphnet as gn
from graphnet.testing.properties import OF_EXECUTORS, Property, batches, drawings, gradients
from graphnet.testing.property_cases import Case, Compile, cases
from tests.properties.interpreted import (
    equal_names_draw_alike,
    every_gradient_is_the_interpreters,
    outputs_and_final_state_are_the_interpreters,
    signs_and_sizes_of_weights_are_the_interpreters,
)

COPIED = (
    "graphnet.language.activations",
    "graphnet.execute.reference.past",
    "graphnet.execute.reference.neurons",
    "graphnet.execute.reference.run",
)
"""The modules of which a copy of the reference executor is made, each after those that it imports."""

DRAWINGS = 300
PAGE = Path(__file__).parents[2] / "docs/development/verification.md"
BEGIN, END = "<!-- bugs: python -m tests.properties.planted -->\n", "<!-- end of bugs -->\n"


@dataclass(frozen=True)
class Bug:
    """The replacement of ``old`` by ``new`` in a module; ``caught_by`` is the property for bugs of this kind."""

    name: str
    module: str
    old: str
    new: str
    caught_by: Property

    def __str__(self) -> str:
        return self.name


BUGS = (
    Bug(
        "wrong sign of a gate's gradient",
        "graphnet.execute.reference.run",
        "grad_past.add(self.gate, first, last, n_live, grad_x * past",
        "grad_past.add(self.gate, first, last, n_live, -grad_x * past",
        gradients.gradient_of_all_steps,
    ),
    Bug(
        "delay off by one in the backward pass",
        "graphnet.execute.reference.past",
        "x = operand.collect @ x\n",
        "x = operand.collect @ x\n"
        "        operand = Operand(operand.rows, max(operand.delay - 1, 0), operand.distinct, operand.collect)\n",
        drawings.delay_is_a_chain_of_steps,
    ),
    Bug(
        "tie overwritten instead of added",
        "graphnet.execute.reference.run",
        "np.add.at(numbers, program.slots, grad_entries * program.scales.astype(bound.numbers.dtype))",
        "numbers[program.slots] = grad_entries * program.scales.astype(bound.numbers.dtype)",
        drawings.tied_gradient_is_the_sum_of_the_untied,
    ),
    Bug(
        "padding computed as if it were steps",
        "graphnet.execute.reference.past",
        "cuts = np.flatnonzero(np.diff(live)) + 1",
        "cuts = np.zeros(0, int)",
        batches.sample_alone_is_the_sample_in_its_batch,
    ),
    Bug(
        "gradient of the final state dropped",
        "graphnet.execute.reference.run",
        "grad_past.pull_back_after(bound.history, tape.lengths, to_outputs)",
        "grad_past.pull_back_after(bound.history, tape.lengths, 0 * to_outputs)",
        gradients.gradient_of_the_final_state,
    ),
    Bug(
        "reversed time starts at the batch's end, not the sequence's",
        "graphnet.execute.reference.past",
        "    for step in range(int(lengths[0]) // 2):",
        "    lengths = np.full(len(lengths), len(values))\n    for step in range(int(lengths[0]) // 2):",
        batches.reversed_time_is_time_turned_round,
    ),
    Bug(
        "onset counted from the cut, not the start",
        "graphnet.execute.reference.neurons",
        "np.asarray(steps + np.arange",
        "np.asarray(0 * steps + np.arange",
        batches.pieces_are_the_whole,
    ),
    Bug(
        "leak's carried term missing from the backward pass",
        "graphnet.execute.reference.neurons",
        "((1 - segment.leak) * result)[0])",
        "(0 * result)[0])",
        gradients.gradient_of_the_last_step,
    ),
    Bug(
        "gradient of a leak without the value before",
        "graphnet.execute.reference.neurons",
        "change = segment.function(z, active) - adjoint.past.read(segment.own_past, first, last, n_live)",
        "change = segment.function(z, active)",
        gradients.gradient_of_all_steps,
    ),
    Bug(
        "standardize's adjoint without its variance",
        "graphnet.language.activations",
        "back = scale * (grad - mean - y * along)",
        "back = scale * (grad - mean - 0 * along)",
        gradients.backward_is_the_transpose_of_forward,
    ),
    Bug(
        "biases' gradients summed in float32",
        "graphnet.execute.reference.run",
        "{name: np.zeros(n_nodes, dtype) for name in past.program.neurons},",
        '{name: np.zeros(n_nodes, np.float32 if name == "bias" else dtype) for name in past.program.neurons},',
        gradients.backward_is_the_transpose_of_forward,
    ),
)

TIES, DRAWS = "graphnet.language.ties", "graphnet.compiler.initial.draws"
OPEN_WEIGHTS = "graphnet.compiler.initial.open_weights"

BUGS_OF_COMPILING = (
    Bug(
        "sign of w, not of scale * w",
        TIES,
        'strength_signs(table) * np.sign(table.edge("scale")).astype(np.int64)',
        "strength_signs(table)",
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "sign=0 of an edge is the sign of its source",
        TIES,
        'np.where(table.edge_gives("sign"),',
        'np.where(table.edge("sign") != 0,',
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "signs that members of a tie ask for are not combined",
        TIES,
        "np.where(tie < 0, asked, shared[tie])",
        "asked",
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "leak not shared by ties",
        TIES,
        '"train_tau", "leak", "train_leak")',
        '"train_tau", "train_leak")',
        outputs_and_final_state_are_the_interpreters,
    ),
    Bug(
        "no past of a neuron whose learnt leak is 1",
        "graphnet.compiler.neurons",
        "return has_tau(table) | has_leak(table)",
        'return has_tau(table) | (table.node("leak") != 1)',
        every_gradient_is_the_interpreters,
    ),
    Bug(
        "fan counts synapses, not their scales",
        OPEN_WEIGHTS,
        'np.abs(self.table.edge("scale"))',
        "np.ones(self.table.n_edges)",
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "synapses of a tie do not add up in a fan",
        OPEN_WEIGHTS,
        "carried.power(2).sum(axis=1)",
        "np.bincount(node[tied], strength[tied] ** 2, n_nodes)",
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "fan of a tie is that of its first synapse",
        OPEN_WEIGHTS,
        "return largest[self.rows]",
        "return found[node[self.rows]]",
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "fan of 0 does not count as 1",
        OPEN_WEIGHTS,
        "np.where(found == 0, 1.0,",
        "np.where(found == 0, 4.0,",
        signs_and_sizes_of_weights_are_the_interpreters,
    ),
    Bug(
        "whole floats drawn by their own repr",
        DRAWS,
        "return spell_name(int(name)) if name.is_integer() else",
        "return",
        equal_names_draw_alike,
    ),
    Bug(
        "bools drawn by their own repr",
        DRAWS,
        "return int.__repr__(name) if",
        "return repr(name) if",
        equal_names_draw_alike,
    ),
)
"""Bugs in modules that other ones import from; `compiling_with` plants them."""


@contextmanager
def compiling_with(bug: Bug) -> Iterator[None]:
    """Plant a bug of the compiler inside a ``with`` block: every module that imported from its module has the copy."""
    real = importlib.import_module(bug.module)
    copy = _empty_copy(real)
    with mock.patch.dict(sys.modules, {bug.module: copy}), ExitStack() as patches:
        exec(compile(source_of(bug.module).replace(bug.old, bug.new), f"<{bug}>", "exec"), copy.__dict__)
        originals = {id(value): name for name, value in vars(real).items() if callable(value)}
        for name, module in list(sys.modules.items()):
            if name.startswith("graphnet.") and module is not copy:
                for each, value in list(vars(module).items()):
                    if each == originals.get(id(value)) and getattr(value, "__module__", None) == bug.module:
                        patches.enter_context(mock.patch.object(module, each, getattr(copy, each)))
        yield


def is_caught(bug: Bug, case: Case) -> bool:
    """Return True if the property of a bug of the compiler fails; a shape of history that is wrong is a ValueError."""
    return fails(bug.caught_by, case, partial(gn.compile, backend="reference"), (AssertionError, ValueError))


def case_compiled_with(bug: Bug, *phases: Phase) -> Case:
    """Return a drawing on which the property of a bug of the compiler fails."""
    with compiling_with(bug):
        return hypothesis.find(
            cases(),
            lambda case: is_caught(bug, case),
            settings=_settings(*phases),
            random=random.Random(0),
        )


def source_of(module: str) -> str:
    """Return the source of a module."""
    file = importlib.import_module(module).__file__
    assert file is not None
    return Path(file).read_text()


@cache
def planted(bug: Bug | None) -> ModuleType:
    """Return a copy of the reference executor, with a bug or without."""
    copies = {}
    with _put_back(COPIED):
        for name in COPIED:
            source = source_of(name)
            if bug is not None and bug.module == name:
                source = source.replace(bug.old, bug.new)
            copies[name] = sys.modules[name] = _empty_copy(sys.modules[name])
            exec(compile(source, f"<{name} with a bug: {bug}>", "exec"), copies[name].__dict__)
    return copies[COPIED[-1]]


def _empty_copy(real: ModuleType) -> ModuleType:
    copy = ModuleType(real.__name__)
    copy.__package__, copy.__file__ = real.__package__, real.__file__
    return copy


@contextmanager
def _put_back(names: tuple[str, ...]) -> Iterator[None]:
    """Restore modules that are replaced inside a ``with`` block."""
    real = {name: importlib.import_module(name) for name in names}
    try:
        yield
    finally:
        sys.modules.update(real)


def compiler(bug: Bug | None) -> Compile:
    """Return ``graphnet.compile`` with the copy of the reference executor as backend."""
    return partial(gn.compile, backend=planted(bug))


def fails(
    of_case: Property, case: Case, compile: Compile, errors: tuple[type[Exception], ...] = (AssertionError,)
) -> bool:
    """Return True if a property raises one of these errors; others are not caught."""
    try:
        of_case(case, compile)
    except errors:
        return True
    return False


def first_case(bug: Bug) -> Case:
    """Return the first drawing on which the bug's property fails."""
    return _find(bug, Phase.generate)


def smallest_case(bug: Bug) -> Case:
    """Return the shrunk drawing on which the bug's property fails."""
    return _find(bug, Phase.generate, Phase.shrink)


def _find(bug: Bug, *phases: Phase) -> Case:
    compile = compiler(bug)
    return hypothesis.find(
        cases(),
        lambda case: fails(bug.caught_by, case, compile),
        settings=_settings(*phases),
        random=random.Random(0),
    )


def first_caught(bug: Bug, n_drawings: int) -> tuple[dict[str, int], set[str]]:
    """{property: the number of the first drawing that it fails on}, of those that do in so many, and crashes."""
    compile, count, found, crashes = compiler(bug), 0, dict[str, int](), set[str]()

    def try_all(case: Case) -> bool:
        nonlocal count
        count += 1
        for each in OF_EXECUTORS:
            try:
                if each.__name__ not in found and fails(each, case, compile):
                    found[each.__name__] = count
            except Exception as error:
                crashes.add(f"{each.__name__}: {error!r}")
        return False

    with suppress(NoSuchExample):
        hypothesis.find(
            cases(), try_all, settings=_settings(Phase.generate, n_drawings=n_drawings), random=random.Random(0)
        )
    return found, crashes


def _settings(*phases: Phase, n_drawings: int = DRAWINGS) -> settings:
    return settings(
        max_examples=n_drawings,
        derandomize=True,
        database=None,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
    )


class Row(NamedTuple):
    """The result of one bug."""

    bug: int
    n_nodes: int
    n_edges: int
    smallest: str
    caught: dict[str, int]
    crashes: set[str]


def row_of(number: int, n_drawings: int) -> Row:
    """Return the result of one bug."""
    bug = BUGS[number]
    case = smallest_case(bug)
    return Row(number, len(case.graph), case.graph.number_of_edges(), str(case), *first_caught(bug, n_drawings))


def table(rows: list[Row]) -> str:
    """Return the rows as a table in Markdown."""
    lines = [
        "bug | property that names it | nodes, edges of the shrunk drawing | others that find it",
        "---|---|---|---",
    ]
    for row in rows:
        others = sorted((number, name) for name, number in row.caught.items() if name != _name_of(row))
        said = ", ".join(f"`{name}` {number}" for number, name in others)
        own = row.caught.get(_name_of(row), "not found")
        lines.append(f"{BUGS[row.bug]} | `{_name_of(row)}` {own} | {row.n_nodes}, {row.n_edges} | {said or 'none'}")
    return "\n".join(lines) + "\n"


def _name_of(row: Row) -> str:
    return BUGS[row.bug].caught_by.__name__


@click.command()
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Processes.")
@click.option(
    "--drawings",
    "n_drawings",
    type=click.IntRange(1),
    default=DRAWINGS,
    show_default=True,
    help="Random drawings to try properties on.",
)
@click.option("--only", help="Bugs with this in their name; then nothing is written.")
@click.option("--show", is_flag=True, help="Print the shrunk drawings.")
def main(jobs: int, n_drawings: int, only: str | None, show: bool) -> None:
    """Try every property of executors on every planted bug."""
    numbers = [number for number, bug in enumerate(BUGS) if only is None or only in bug.name]
    rows = []
    with ProcessPoolExecutor(jobs) as pool:
        for row in pool.map(row_of, numbers, repeat(n_drawings)):
            rows.append(row)
            click.echo(table([row]).splitlines()[-1])
            if show:
                click.echo(row.smallest)
            for crash in sorted(row.crashes):
                click.echo(f"crashed: {crash}", err=True)
    if only is None:
        before, _, rest = PAGE.read_text().partition(BEGIN)
        said = f"Numbers are of the first of {n_drawings} drawings.\n\n{table(rows)}"
        PAGE.write_text(f"{before}{BEGIN}\n{said}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":
    main()
