"""XML as a tree of elements that know their lines, read by defusedxml in a bounded way.

A document type is refused before anything is made of it, so that no entity exists but the five of XML itself, nothing
is fetched, and no text is longer than the file.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import Any
from xml.etree.ElementTree import Element as PlainElement
from xml.etree.ElementTree import ParseError, TreeBuilder
from xml.parsers.expat import ErrorString

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import DefusedXMLParser

from ...errors import DataError
from ..atomic import read_bytes
from .spelling import MOST_LEVELS
from .through_networkx import MOST_BYTES

_SCHEMAS = "{http://www.w3.org/2001/XMLSchema-instance}"


class Element(PlainElement):
    """One element, all names in it without their namespaces, and the line that it starts on.

    ``beside`` has attributes that were taken out of it.
    """

    line: int
    beside: dict[str, str]

    @property
    def where(self) -> str:
        """The beginning of a sentence on a problem with it."""
        return f"line {self.line}: "

    def all(self, path: str) -> list[Element]:
        """Return the elements inside at a path of tags."""
        return self.findall(path)  # type: ignore[return-value] # `_Builder` makes no others

    def set_aside(self, *kept: str) -> None:
        """Move the attributes that are not among ``kept`` to ``beside``."""
        self.beside = {name: self.attrib.pop(name) for name in [*self.attrib] if name not in kept}

    def remove_others(self, kept: Collection[str]) -> set[str]:
        """Remove the elements inside that are not among ``kept``; return a description of each kind of them."""
        removed = {f"<{inner.tag}> in <{self.tag}>" for inner in self if inner.tag not in kept}
        self[:] = [inner for inner in self if inner.tag in kept]
        return removed


class _Builder(TreeBuilder):
    """A builder of elements that refuses those that lie too deep."""

    def __init__(self) -> None:
        super().__init__(element_factory=self._element)
        self.parser: Any = DefusedXMLParser(target=self, forbid_dtd=True)
        self._depth = 0

    def start(self, tag: str, attributes: dict[str, str]) -> Any:
        self._depth += 1
        if self._depth > MOST_LEVELS:
            raise ValueError(f"nested more than {MOST_LEVELS} levels deep")
        return super().start(tag, attributes)

    def end(self, tag: str) -> Any:
        self._depth -= 1
        return super().end(tag)

    def _element(self, tag: str, attributes: dict[str, str]) -> Element:
        own = {_local(name): text for name, text in attributes.items() if not name.startswith(_SCHEMAS)}
        element = Element(_local(tag), own)
        element.line = self.parser.parser.CurrentLineNumber
        return element


def read_xml(path: str | os.PathLike[str], root: str, name: str) -> Element:
    """Read the outermost element of an XML file, which has to be called ``root``; ``name`` is the format's.

    Raises
    ------
    DataError
        If the file is missing or not well-formed, has a document type, or nests more than 100 levels deep.
    """
    data, where = read_bytes(path, MOST_BYTES), os.fspath(path)
    builder = _Builder()
    try:
        builder.parser.feed(data)
        found: Element = builder.parser.close()
    except ParseError as error:
        line, column = error.position
        raise DataError(
            f"{where}: not {name}: {ErrorString(error.code)} at line {line}, column {column + 1}"
        ) from error
    except DefusedXmlException as error:
        raise DataError(
            f"{where}: line {builder.parser.parser.CurrentLineNumber}: {name} with a document type (<!DOCTYPE>), which "
            "may declare entities, is not read; remove the declaration"
        ) from error
    except (ValueError, LookupError) as error:
        # of an encoding that Python has no table for
        raise DataError(f"{where}: not {name}: line {builder.parser.parser.CurrentLineNumber}: {error}") from error
    if found.tag != root:
        raise DataError(f"{where}: not {name}: the outermost element is <{found.tag[:60]}>, not <{root}>")
    return found


def _local(name: str) -> str:
    return name.rpartition("}")[2]
