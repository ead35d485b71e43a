"""The drawings of ``graphnet.graphs`` as their source says them: parameters, defaults and what each means.

They are read and not imported: help and completion need no more than that, and an import of numpy, SciPy and networkx
takes ten times as long, at every press of the tab key.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

REQUIRED = inspect.Parameter.empty
_LITERAL = re.compile(r"``([^`]+)``")
_HEADING = re.compile(r"^(\w+)\n-{3,}\n", re.MULTILINE)


@dataclass(frozen=True)
class Parameter:
    """One parameter: its annotation, its default or ``REQUIRED``, and what the docstring says of it.

    ``takes`` follows the colon (``float in (0, 1]``) and ``meaning`` is below it; both are empty if the docstring
    does not list it.
    """

    name: str
    annotation: str
    default: Any
    takes: str = ""
    meaning: str = ""

    @property
    def option(self) -> str:
        """Its name on the command line: ``n_inputs`` is ``--inputs``."""
        return "--" + self.name.removeprefix("n_").replace("_", "-")


@dataclass(frozen=True)
class Drawing:
    """A function that draws: its name, what the docstring says before its first section, and the parameters."""

    name: str
    text: str
    parameters: tuple[Parameter, ...]

    def as_help(self, text: str) -> str:
        """Words of the docstring for the command line: parameters as the options they are, equations left as they are.

        >>> plain = Drawing("line", "", (Parameter("n_taps", "int", REQUIRED),))
        >>> plain.as_help("As long as ``n_taps``, see ``nn.LSTM``.")
        'As long as --taps, see nn.LSTM.'
        """
        options = {parameter.name: parameter.option for parameter in self.parameters}
        plain = _LITERAL.sub(lambda found: options.get(found[1], found[1]), text)
        plain = re.sub(r"\bNone\b", "no value", plain)
        parts = plain.split("\n\n")
        return "\n\n".join(f"\b\n{part}" if part.startswith(" ") else part for part in parts)

    def as_usage(self, message: str) -> str:
        """A message about parameters as one about options.

        >>> plain = Drawing("line", "", (Parameter("n_taps", "int", REQUIRED),))
        >>> plain.as_usage("n_taps=0 is not a whole number >= 1")
        '--taps=0 is not a whole number >= 1'
        """
        for parameter in self.parameters:
            # a name of one word may be a word of the message, unless it is given a value there
            ending = r"\b" if "_" in parameter.name else "(?==)"
            message = re.sub(rf"\b{parameter.name}{ending}", parameter.option, message)
        return message


@cache
def read_drawings() -> dict[str, Drawing]:
    """Every function at the top of a module of ``graphnet.graphs``, by name."""
    spec = find_spec("graphnet.graphs")
    assert spec is not None
    folders = spec.submodule_search_locations or ()
    modules = [ast.parse(path.read_text("utf-8")) for folder in folders for path in sorted(Path(folder).glob("*.py"))]
    functions = [node for module in modules for node in module.body if isinstance(node, ast.FunctionDef)]
    return {function.name: _read(function) for function in functions if not function.name.startswith("_")}


def _read(function: ast.FunctionDef) -> Drawing:
    text, *sections = _HEADING.split(ast.get_docstring(function) or "")
    said = dict(_entries(dict(zip(sections[::2], sections[1::2], strict=True)).get("Parameters", "")))
    parameters = tuple(
        Parameter(name, annotation, default, *said.get(name, ("", "")))
        for name, annotation, default in _arguments(function.args)
    )
    return Drawing(function.name, text.strip(), parameters)


def _arguments(arguments: ast.arguments) -> Iterator[tuple[str, str, Any]]:
    """(name, annotation, default) of each argument that has a name of its own."""
    positional = [*arguments.posonlyargs, *arguments.args]
    required: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
    defaults = [*required, *arguments.defaults, *arguments.kw_defaults]
    for argument, default in zip([*positional, *arguments.kwonlyargs], defaults, strict=True):
        annotation = "" if argument.annotation is None else ast.unparse(argument.annotation)
        yield argument.arg, annotation, REQUIRED if default is None else ast.literal_eval(default)


def _entries(section: str) -> Iterator[tuple[str, tuple[str, str]]]:
    """(name, (takes, meaning)) of each parameter that a section lists."""
    names: list[str] = []
    takes, meaning = "", ""
    for line in [*section.splitlines(), "end"]:
        if line.startswith(" "):
            meaning = f"{meaning} {line.strip()}".lstrip()
        elif line:
            yield from ((name, (takes, meaning)) for name in names)
            head, _, takes = line.partition(" : ")
            names, meaning = head.split(", "), ""
