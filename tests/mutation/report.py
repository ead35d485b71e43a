"""Report of the mutants, docs/mutants.md."""

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
    """Why some mutants live: those of a file whose line reads ``before``, and after the change one of ``after``."""

    file: str
    before: str
    after: tuple[str, ...]
    why: str

    def explains(self, mutant: Mutant) -> bool:
        """Whether this mutant is one of them."""
        return (self.file, self.before) == (mutant.file, mutant.before) and mutant.after in self.after


def load_equivalent() -> list[Equivalent]:
    """The explanations that there are."""
    if not EQUIVALENT.exists():
        return []
    entries = tomllib.loads(EQUIVALENT.read_text()).get("mutant", [])
    return [Equivalent(each["file"], each["before"], tuple(each["after"]), each["why"]) for each in entries]


def write_report(mutants: Iterable[Mutant], known: Mapping[str, Mapping[str, Any]]) -> None:
    """Write docs/mutants.md: figures a file, and the survivors with the reason why each lives."""
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
    (ROOT / "docs/mutants.md").write_text("\n".join(lines).rstrip() + "\n")


def _row(name: str, counts: Counter[str]) -> str:
    n, killed = counts.total(), counts["killed"] + counts["timeout"]
    return f"{name} | {n} | {killed} | {counts['timeout']} | {counts['survived']} | {killed / max(n, 1):.1%}"


HEAD = """# Mutants

`make mutants` measures which errors in the code the tests detect.  It makes every small change that the operators of
[mutmut](https://github.com/boxed/mutmut) know (another number, `+` for `-`, `<` for `<=`, another branch, ...) in the
compiler, the reference executor, the activations and the losses, one at a time, and runs tests on each.  First, all
results of a network are compared with those of the unchanged code on some fifty drawings (a difference there is also
one from the interpreter, with which the unchanged code is compared on thousands); then the unit tests of these files
run.  Changes that cannot affect results are left out: annotations and type aliases, docstrings, the text of error
messages, imports, decorators, protocols, assertions for the type checker, and `strict=` of zip.  Some 2,800 changes
that drop an argument or make it None are left out too, most of which end in a TypeError; of a sample of 260 of them,
247 were detected.

The survivors are listed below, each with the reason why it makes no difference.  They count as survivors in the
score. This page is written by `python -m tests.mutation --report` after `make mutants`.
"""
