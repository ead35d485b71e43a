"""Code blocks of a page, run one after the other as a reader would type them.

Sybil finds the blocks and keeps one namespace for a page.  A page is one test, since pytest-xdist would distribute its
blocks over processes.

language | what is done with a block
---|---
``python`` | run; after ``>>>`` what is printed is compared
``sh`` | each line is a command of graphnet or ``mkdir``; a comment "fails ..." says that one has to
``console`` | the same of lines that begin with ``$``, whose output below them is compared
``output`` | compared with what the block before it printed
``toml`` | read
``text``, ... | shown, and not run: ``SHOWN``

A block whose first line is ``# NAME.py`` or the like is that file, and written.  ``<!-- skip: next "reason" -->``
before a block keeps it from being run, and ``<!-- invisible-code: python``, with ``-->`` after it, encloses what a page
needs and need not say.
"""

from __future__ import annotations

import doctest
import re
import shlex
import tomllib
from collections.abc import Mapping
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import SkipTest

from click.testing import CliRunner
from graphnet_cli.main import main
from sybil import Document, Example, Lexeme, Region
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser, SkipParser
from sybil.parsers.markdown.lexers import RawFencedCodeBlockLexer

ROOT = Path(__file__).parents[2]
PAGES = (
    "README.md",
    *sorted(
        str(path.relative_to(ROOT))
        for path in (ROOT / "docs").rglob("*.md")
        if not {"decisions", "_build", "gallery"} & set(path.parts)
    ),
)
RUN = ("python", "sh", "console", "toml", "output")
SHOWN = ("text", "mermaid", "json", "csv", "bibtex")

_NUMBER = re.compile(r"(?<![\w.])[-+]?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.]*\d)")
_FILE = re.compile(r"# (\S+\.\w+)\n")
_TOLERANCE = 0.05


def differs(said: str, printed: str) -> str | None:
    """Return in what way a text that was printed differs from what a page says, or None.

    Dots stand for any text.  White space counts only as such, and numbers with a point agree to a twentieth, since
    their last digits depend on the processor, and training magnifies that.
    """
    pattern, numbers, position = "", [], 0
    for found in _NUMBER.finditer(said):
        if "." not in found[0] and "e" not in found[0]:
            continue
        pattern += _pattern(said[position : found.start()]) + r"([-+]?[\d.,]+(?:e[-+]?\d+)?)"
        numbers.append(found[0])
        position = found.end()
    pattern += _pattern(said[position:])
    match = re.fullmatch(rf"\s*{pattern}\s*", printed, re.S)
    if match is None:
        return f"the page says\n{said}\nbut this was printed:\n{printed}"
    for known, got in zip(numbers, match.groups(), strict=True):
        wanted, number = (float(each.replace(",", "").rstrip(".")) for each in (known, got))
        if abs(number - wanted) > _TOLERANCE * abs(wanted):
            return f"the page says {known}, but {got} was printed, in\n{printed}"
    return None


def _pattern(text: str) -> str:
    """Return a regular expression for text without numbers that may vary."""
    parts = re.split(r"(\.\.\.|\s+)", text)
    return "".join(".*?" if part == "..." else r"\s+" if part.isspace() else re.escape(part) for part in parts)


class Printed:
    """Evaluators of blocks, which remember what the last one printed.

    Parameters
    ----------
    shorter : {text of a command: shorter text}
        Replacements in commands and in Python that make a page faster; outputs are not compared then.
    """

    def __init__(self, shorter: Mapping[str, str]) -> None:
        self.shorter = dict(shorter)
        self.unused = set(shorter)
        self.text = ""

    def short(self, text: str) -> str:
        """Return a block or a command with its replacements."""
        for long, short in self.shorter.items():
            if long in text:
                self.unused.discard(long)
                text = text.replace(long, short)
        return text

    def command(self, line: str) -> str:
        """Run a line of a shell, and return what it printed."""
        name, *arguments = shlex.split(self.short(line), comments=True)
        fails = re.search(r"# (it )?fails", line) is not None
        if name == "mkdir":
            for folder in arguments:
                if not folder.startswith("-"):
                    Path(folder).mkdir(parents=True, exist_ok=True)
            return ""
        assert name == "graphnet", f"{line}: only `graphnet` and `mkdir` are run; give a reason to skip this block"
        done = CliRunner().invoke(main, arguments)
        assert (done.exit_code != 0) == fails, f"{line}: {done.output}"
        return done.output if fails else done.stdout

    def python(self, example: Example) -> None:
        """Run a block of Python."""
        source, said = example.parsed, StringIO()
        if file := _FILE.match(source):
            Path(file[1]).write_text(source)
            return
        example.parsed = Lexeme(self.short(source), source.offset, source.line_offset)
        with redirect_stdout(said):
            PythonEvaluator()(example)
        self.text = said.getvalue()

    def sh(self, example: Example) -> None:
        """Run the commands of a block, whose lines may be continued."""
        lines = example.parsed.replace("\\\n", " ").splitlines()
        self.text = "".join(self.command(line) for line in lines if line.strip() and not line.startswith("#"))

    def console(self, example: Example) -> None:
        """Run the commands after ``$``, and compare the output of each with the lines below it."""
        for session in re.split(r"^\$ ", example.parsed, flags=re.M)[1:]:
            line, _, said = session.partition("\n")
            self.text = self.command(line)
            if said.strip():
                self.compare(said, example)

    def toml(self, example: Example) -> None:
        """Write a file, or see that a part of one can be read."""
        tomllib.loads(example.parsed)
        if file := _FILE.match(example.parsed):
            Path(file[1]).write_text(example.parsed)

    def output(self, example: Example) -> None:
        """Compare a block with what the one before it printed."""
        self.compare(example.parsed, example)

    def compare(self, said: str, example: Example) -> None:
        """Compare what a page says with what was printed, if nothing was made shorter."""
        difference = None if self.shorter else differs(said, self.text)
        assert difference is None, f"{example.path}, line {example.line}: {difference}"


def blocks(path: Path, printed: Printed) -> Document:
    """Return a page and its blocks."""
    python = PythonCodeBlockParser(doctest_optionflags=doctest.ELLIPSIS)
    python.codeblock_parser = CodeBlockParser("python", printed.python)
    others = [CodeBlockParser(name, getattr(printed, name)) for name in RUN[1:]]
    return Document.parse(str(path), SkipParser(), python, *others)


def languages(path: Path) -> list[tuple[int, str, str]]:
    """Return line, language and contents of each fence of a page but the directives of MyST."""
    document = Document(path.read_text(), str(path))
    lexer = RawFencedCodeBlockLexer(re.compile(r"(?P<language>[^\n]*)\n"))
    regions: list[Region] = list(lexer(document))
    return [
        (document.text.count("\n", 0, each.start) + 1, each.lexemes["language"].strip(), each.lexemes["source"])
        for each in regions
        if not each.lexemes["language"].strip().startswith("{")
    ]


def run(page: str, shorter: Mapping[str, str]) -> list[str]:
    """Run the blocks of a page in the current folder, and return the reasons of those that were skipped."""
    printed = Printed(shorter)
    document = blocks(ROOT / page, printed)
    document.namespace["__name__"] = "page"
    reasons = []
    for example in document.examples():
        try:
            example.evaluate()
        except SkipTest as skipped:
            reasons.append(str(skipped))
    assert not printed.unused, f"{page} no longer has {sorted(printed.unused)}"
    return reasons
