"""XML as a tree of elements that know their lines, read in a bounded way.

A document type is refused before anything is made of it, so that there are no entities but the five of XML itself,
nothing is fetched, and no text is longer than the file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NoReturn
from xml.parsers import expat

from ...errors import DataError
from ..atomic import existing_file, unreadable
from .spelling import MOST_LEVELS


@dataclass(slots=True, eq=False)
class Element:
    """One element: its name without the namespace, its attributes, the line it starts on, and what is inside."""

    tag: str
    attributes: dict[str, str]
    line: int
    children: list[Element] = field(default_factory=list)
    texts: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text inside, that of elements inside it left out."""
        return "".join(self.texts)

    @property
    def where(self) -> str:
        """How a problem with it begins."""
        return f"line {self.line}: "

    def all(self, tag: str) -> Iterator[Element]:
        """The elements of that name inside, in order, not those deeper down."""
        return (child for child in self.children if child.tag == tag)


def read_markup(path: str | os.PathLike[str], root: str, name: str) -> Element:
    """The outermost element of an XML file, which has to be called ``root``; ``name`` is the format's.

    Raises
    ------
    DataError
        If the file is missing or not well-formed, has a document type, or nests more than 100 levels deep.
    """
    where = os.fspath(path)
    try:
        data = existing_file(path).read_bytes()
    except OSError as error:
        raise unreadable(path, error) from error
    if not data.strip():
        raise DataError(f"{where}: the file is empty")
    builder = _Builder(where, name)
    try:
        builder.parser.Parse(data, True)
    except expat.ExpatError as error:
        said = expat.ErrorString(error.code)
        place = f"line {error.lineno}, column {error.offset + 1}"
        raise DataError(f"{where}: not {name}: {said} at {place}") from error
    except DataError:
        raise
    except (ValueError, LookupError) as error:
        # of an encoding that Python has no table for
        raise DataError(f"{where}: not {name}: {error}") from error
    found = builder.outermost.children[0]
    if found.tag != root:
        raise DataError(f"{where}: not {name}: the outermost element is <{found.tag[:60]}>, not <{root}>")
    return found


class _Builder:
    """What expat calls."""

    def __init__(self, where: str, name: str) -> None:
        self.outermost = Element("", {}, 0)
        self._open = [self.outermost]
        self._where, self._name = where, name
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse_doctype
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._add_text

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if len(self._open) > MOST_LEVELS:
            raise DataError(f"{self._where}: {self._line()}: nested more than {MOST_LEVELS} levels deep")
        own = {_local(key): value for key, value in attributes.items() if _namespace(key) != _SCHEMAS}
        element = Element(_local(tag), own, self.parser.CurrentLineNumber)
        self._open[-1].children.append(element)
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._open.pop()

    def _add_text(self, text: str) -> None:
        self._open[-1].texts.append(text)

    def _refuse_doctype(self, *_: Any) -> NoReturn:
        raise DataError(
            f"{self._where}: {self._line()}: {self._name} with a document type (<!DOCTYPE>), which may "
            "declare entities, is not read; remove the declaration"
        )

    def _line(self) -> str:
        return f"line {self.parser.CurrentLineNumber}"


_SCHEMAS = "http://www.w3.org/2001/XMLSchema-instance"


def _local(name: str) -> str:
    return name.rpartition(" ")[2]


def _namespace(name: str) -> str:
    return name.rpartition(" ")[0]
