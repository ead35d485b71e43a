"""Every small change of a source file that the operators of mutmut make, at module level too.

Changes that cannot change what is computed are left out: annotations and type aliases, docstrings, the text of error
messages, imports, decorators, protocols, assertions for the type checker, and ``strict=`` of zip.  So are arguments
that are dropped or None, nearly all of which end in a TypeError, which says nothing about the tests.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import libcst as cst
import libcst.matchers as m
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation.mutators import mutation_operators, operator_arg_removal

ROOT = Path(__file__).parents[2]
COMPILER = ROOT / "graphnet/compiler"
FILES = (
    # the arrays of a program compute nothing, and a summary is text
    *sorted(
        path.relative_to(ROOT).as_posix()
        for path in COMPILER.rglob("*.py")
        if path not in (COMPILER / "program.py", COMPILER / "summary.py")
    ),
    "graphnet/language/delays.py",
    "graphnet/language/ties.py",
    "graphnet/language/components.py",
    "graphnet/execute/reference/run.py",
    "graphnet/execute/reference/neurons.py",
    "graphnet/execute/reference/past.py",
    "graphnet/language/activations.py",
    *sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "graphnet/losses").glob("[a-z]*.py")),
)


@dataclass(frozen=True)
class Mutant:
    """A changed source; ``before`` and ``after`` are the line that differs."""

    file: str
    line: int
    operator: str
    before: str
    after: str
    source: str

    @property
    def key(self) -> str:
        """The hash of the changed source, by which results are stored."""
        return hashlib.sha256(f"{self.file}\n{self.source}".encode()).hexdigest()[:20]

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before}  ->  {self.after}"


def mutants_of(file: str) -> Iterator[Mutant]:
    """Yield the mutants of one file, in the order of its lines."""
    source = (ROOT / file).read_text()
    wrapper = MetadataWrapper(cst.parse_module(source))
    finder = _Finder()
    wrapper.visit(finder)
    seen = {source}
    first = [0]
    for each in source.splitlines(keepends=True):
        first.append(first[-1] + len(each))
    for where, changed, operator in finder.found:
        begin, end = (first[place.line - 1] + place.column for place in (where.start, where.end))
        mutated = source[:begin] + wrapper.module.code_for_node(changed).strip() + source[end:]
        if mutated in seen or not _compiles(mutated):
            continue
        seen.add(mutated)
        before, after = _first_difference(source, mutated)
        yield Mutant(file, where.start.line, operator, before, after, mutated)


class _Finder(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        self.found: list[tuple[CodeRange, cst.CSTNode, str]] = []
        self._depth = 0

    def on_visit(self, node: cst.CSTNode) -> bool:
        if _is_left_out(node, self._depth == 0):
            return False
        self._depth += isinstance(node, cst.FunctionDef | cst.ClassDef)
        for kind, operator in mutation_operators:
            if isinstance(node, kind) and operator is not operator_arg_removal:
                where = self.get_metadata(PositionProvider, node)
                for changed in operator(node):
                    self.found.append((where, changed, operator.__name__.removeprefix("operator_")))
        return True

    def on_leave(self, original_node: cst.CSTNode) -> None:
        self._depth -= isinstance(original_node, cst.FunctionDef | cst.ClassDef)


def _is_left_out(node: cst.CSTNode, at_module_level: bool) -> bool:
    if isinstance(
        node, cst.Annotation | cst.Import | cst.ImportFrom | cst.Decorator | cst.Assert | cst.FormattedString
    ):
        return True
    if isinstance(node, cst.Expr) and isinstance(node.value, cst.SimpleString | cst.ConcatenatedString):
        return True
    if isinstance(node, cst.ConcatenatedString):
        return True
    if isinstance(node, cst.ClassDef):
        return any(m.matches(base.value, m.Name("Protocol")) for base in node.bases)
    if isinstance(node, cst.Arg) and node.keyword is not None and node.keyword.value == "strict":
        return True
    if isinstance(node, cst.Raise):
        return True
    if at_module_level and isinstance(node, cst.Assign):
        # a type alias, or the list of public names
        name = node.targets[0].target
        is_alias = isinstance(name, cst.Name) and name.value[:1].isupper() and not name.value.isupper()
        return is_alias or m.matches(name, m.Name("__all__"))
    return isinstance(node, cst.AnnAssign) and bool(m.matches(node.annotation.annotation, m.Name("TypeAlias")))


def _compiles(source: str) -> bool:
    try:
        compile(source, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _first_difference(source: str, mutated: str) -> tuple[str, str]:
    for before, after in zip(source.splitlines(), mutated.splitlines(), strict=False):
        if before.strip() != after.strip():
            return before.strip(), after.strip()
    return "", ""
