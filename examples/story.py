"""Run the examples of the gallery with several seeds, and write a table of their claims.

Each example, ``gallery/plot_*.py``, ends with the figures that it has measured and the assertion of its claim.  Here it
runs once for each seed, in a process of its own, with the seed in place of the 0 in its line ``seed = 0``.  A claim is
held with a seed if the example ends without an error.

    python examples/story.py                                         # every example; renews docs/learn/story.md
    python examples/story.py examples/gallery/plot_61_echo_state.py  # some of them; prints their rows of the table
    python examples/story.py FILE --output docs/learn/story.md       # and renews these rows

The exit status is 1 if any example fails with any seed.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import ModuleType

GALLERY = Path(__file__).parent / "gallery"
PAGE = Path(__file__).parents[1] / "docs" / "learn" / "story.md"
BEGIN, END = "<!-- table: make story -->\n", "<!-- end of the table -->\n"
HEADER = "claim | measured: mean (lowest to highest) | held | CPU seconds\n---|---|---|---\n"
TIME_LIMIT = 600
"""Seconds after which an example is stopped."""


@dataclass(frozen=True)
class Outcome:
    """Result of an example with one seed."""

    seed: int
    held: bool
    measured: dict[str, float] = field(default_factory=dict)
    seconds: float = 0.0
    """CPU time of the process, with all imports."""
    error: str = ""
    warnings: str = ""
    """Text that an example that held wrote to stderr."""


# ---- in the process of one example


def with_seed(source: str, seed: int) -> ast.Module:
    """Parse an example, and replace the number in its top-level line ``seed = 0``."""
    tree = ast.parse(source)
    lines = [each for each in tree.body if isinstance(each, ast.Assign) and ast.unparse(each) == "seed = 0"]
    if len(lines) != 1:
        raise SyntaxError(f"an example has one top-level line `seed = 0`, not {len(lines)}")
    lines[0].value.value = seed
    return tree


def run_here(path: Path, seed: int) -> dict[str, object]:
    """Run an example with a seed as the program of this process, and return what makes its `Outcome`."""
    module = ModuleType("__main__")
    module.__file__ = str(path)
    sys.modules["__main__"], sys.argv = module, [str(path)]
    sys.path[0] = str(path.parent)
    error = ""
    try:
        code = compile(with_seed(path.read_text(), seed), str(path), "exec")
        exec(code, module.__dict__)
    except Exception:
        error = traceback.format_exc()
    try:
        measured = {name: float(value) for name, value in module.measured.items()}
    except (AttributeError, TypeError, ValueError):
        measured = {}
        error = error or "an example has a dict `measured` of the figures that its claim compares"
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "held": not error,
        "measured": measured,
        "seconds": used.ru_utime + used.ru_stime,
        "error": error,
    }


# ---- in the process that runs them all


def run(path: Path, seed: int, n_threads: int = 1) -> Outcome:
    """Run an example with a seed in a process of its own, in an empty folder."""
    environment = os.environ | {"MPLBACKEND": "Agg", "PYTHONUNBUFFERED": "1"}
    environment |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(n_threads))
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "outcome.json"
        command = [sys.executable, __file__, "--here", str(result), "--seed", str(seed), str(path.resolve())]
        try:
            done = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, timeout=TIME_LIMIT, check=False
            )
        except subprocess.TimeoutExpired:
            return Outcome(seed, False, error=f"stopped after {TIME_LIMIT} s")
        if not result.exists():
            return Outcome(seed, False, error=f"ended with status {done.returncode}\n{done.stderr}")
        return Outcome(seed, warnings=done.stderr.strip(), **json.loads(result.read_text()))


def title(path: Path) -> str:
    """Return the title of an example, which is its claim: the first line of its docstring."""
    return (ast.get_docstring(ast.parse(path.read_text())) or path.stem).splitlines()[0]


def spread(values: Sequence[float]) -> str:
    """Write the mean of values and their range, with three digits."""
    return f"{sum(values) / len(values):.3g} ({min(values):.3g} to {max(values):.3g})"


def row(path: Path, outcomes: Sequence[Outcome]) -> str:
    """Write the row of an example."""
    names = list(dict.fromkeys(name for each in outcomes for name in each.measured))
    figures = [f"{name}: {spread([o.measured[name] for o in outcomes if name in o.measured])}" for name in names]
    failed = [str(each.seed) for each in outcomes if not each.held]
    held = f"{len(outcomes) - len(failed)} of {len(outcomes)}"
    if failed:
        held = f"**{held}**, not with seed {', '.join(failed)}"
    slowest = max(each.seconds for each in outcomes)
    return f"{{doc}}`{title(path)} </gallery/{path.stem}>` | {'<br>'.join(figures)} | {held} | {slowest:.1f}\n"


def renewed(page: str, rows: dict[str, str]) -> str:
    """Replace rows of the table of a page, given by the names of their examples; add those that it lacks."""
    before, rest = page.split(BEGIN)
    old, after = rest.split(END)
    found = re.findall(r"^(.*</gallery/(\w+)>.*\n)", old, re.M)
    every = {name: text for text, name in found if (GALLERY / f"{name}.py").exists()} | rows
    return before + BEGIN + HEADER + "".join(every[name] for name in sorted(every)) + END + after


def run_all(
    paths: Sequence[Path], seeds: Sequence[int], workers: int, n_threads: int
) -> Iterator[tuple[Path, Outcome]]:
    """Run examples with seeds, several at a time, and yield results in order."""
    pairs = [(path, seed) for path in paths for seed in seeds]
    with ThreadPoolExecutor(workers) as pool:
        outcomes = pool.map(partial(run, n_threads=n_threads), *zip(*pairs, strict=True))
        for (path, _), outcome in zip(pairs, outcomes, strict=True):
            yield path, outcome


def main() -> int:
    """Run examples, report each, and renew the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "files", nargs="*", type=Path, metavar="FILE", help="examples (default: every one of the gallery)"
    )
    parser.add_argument("--seeds", type=int, default=5, help="number of seeds, from 0 on (default: 5)")
    parser.add_argument("--workers", type=int, default=2, help="processes at a time (default: 2)")
    parser.add_argument("--threads", type=int, default=1, help="threads of each process (default: 1)")
    parser.add_argument(
        "-o", "--output", type=Path, help=f"page with the table to renew (default without FILE: {PAGE.name})"
    )
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)  # run FILE in this process, write its outcome here
    parser.add_argument("--seed", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.here is not None:
        options.here.write_text(json.dumps(run_here(options.files[0], options.seed)))
        return 0

    paths = options.files or sorted(GALLERY.glob("plot_*.py"))
    page = options.output or (None if options.files else PAGE)
    every: dict[Path, list[Outcome]] = {path: [] for path in paths}
    for path, outcome in run_all(paths, range(options.seeds), options.workers, options.threads):
        every[path].append(outcome)
        figures = ", ".join(f"{name} {value:.3g}" for name, value in outcome.measured.items())
        said = "held" if outcome.held else "FAILED"
        print(f"{path.stem}, seed {outcome.seed}: {said}, {outcome.seconds:.1f} s, {figures}", flush=True)
        for text in (outcome.error, outcome.warnings if outcome.held else ""):
            if text:
                print("    " + text.strip().replace("\n", "\n    "), flush=True)

    rows = {path.stem: row(path, outcomes) for path, outcomes in every.items()}
    if page is None:
        print("\n" + HEADER + "".join(rows.values()), end="")
    else:
        page.write_text(renewed(page.read_text(), rows))
        print(f"\nthe table is in {page}")
    failed = [path.stem for path, outcomes in every.items() if not all(each.held for each in outcomes)]
    print(f"{len(paths) - len(failed)} of {len(paths)} claims hold with {options.seeds} seeds")
    if failed:
        print("fail: " + ", ".join(failed))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
