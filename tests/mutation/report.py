"""The results of the mutants, as docs/development/mutants.md."""

from __future__ import annotations

import tomllib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.mutation.mutants import FILES, ROOT, Mutant

EQUIVALENT = Path(__file__).parent / "equivalent.toml"


@dataclass(frozen=True)
class Equivalent:
    """The reason why some mutants survive: those of a file that change the line ``before`` to one of ``after``."""

    file: str
    before: str
    after: tuple[str, ...]
    why: str

    def explains(self, mutant: Mutant) -> bool:
        """Return True if this mutant is one of them."""
        return (self.file, self.before) == (mutant.file, mutant.before) and mutant.after in self.after


def load_equivalent() -> list[Equivalent]:
    """Return the reasons in equivalent.toml."""
    entries = tomllib.loads(EQUIVALENT.read_text()).get("mutant", [])
    return [Equivalent(each["file"], each["before"], tuple(each["after"]), each["why"]) for each in entries]


def write_report(mutants: Iterable[Mutant], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Write docs/development/mutants.md: the figures of each file, and the survivors with their reasons."""
    by_file: dict[str, Counter[str]] = {file: Counter() for file in FILES}
    alive = []
    for mutant in mutants:
        outcome = known.get(mutant.key, {"outcome": "not tried"})["outcome"]
        by_file[mutant.file][outcome] += 1
        if outcome == "survived":
            alive.append(mutant)
    total = sum(by_file.values(), Counter[str]())
    explained = load_equivalent()
    lines = [HEAD]
    lines += ["file | mutants | killed | of these by time | survived | score", "---|---|---|---|---|---"]
    lines += [_row(f"`{file}`", counts) for file, counts in by_file.items()]
    lines += [_row("**all**", total), "", "## Survivors", ""]
    reasons: dict[str, list[Mutant]] = {}
    for mutant in alive:
        why = next((each.why for each in explained if each.explains(mutant)), "not explained")
        reasons.setdefault(why, []).append(mutant)
    for why, of_why in sorted(reasons.items(), key=lambda each: each[1][0].file):
        lines.append(f"{why[0].upper()}{why[1:]}:\n")
        lines += [f"- `{each.file}:{each.line}`: `{each.before}` -> `{each.after}`" for each in of_why]
        lines.append("")
    (ROOT / "docs/development/mutants.md").write_text("\n".join(lines).rstrip() + "\n")


def _row(name: str, counts: Counter[str]) -> str:
    n, killed = counts.total(), counts["killed"] + counts["timeout"]
    return f"{name} | {n} | {killed} | {counts['timeout']} | {counts['survived']} | {killed / max(n, 1):.1%}"


HEAD = """# Mutants

Does a test fail when a line of the code is wrong?  `make mutants` makes every small change that the operators of
[mutmut](https://github.com/boxed/mutmut) know (another number, `+` for `-`, `<` for `<=`, another branch, ...) in
the compiler, the reference executor, the activations and the losses, one at a time, and runs tests on each: first a
comparison of everything that a network computes with the unchanged code, on some fifty drawings (the unchanged code is
compared with the interpreter on thousands), then the unit tests of the file.  Changes that cannot change what is
computed are left out: annotations and type aliases, docstrings, the text of error messages, imports, decorators,
protocols, assertions for the type checker, and `strict=` of zip.  So are some 2,800 arguments that are dropped or None,
most of which end in a TypeError; of a sample of 260 of them, 247 were killed.

The survivors are listed below, each with the reason why it makes no difference.  They count as survivors in the score.
This page is written by `python -m tests.mutation --report` after `make mutants`.
"""
