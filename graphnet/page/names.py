"""Names of neurons as text: one line each, whole where they are not very long, and none twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Any

from ..errors import quoted


def text_of(name: Any) -> str:
    """Return a name or a value as text; a tuple is its parts, without brackets and quotation marks.

    >>> text_of(("hidden", 3)), text_of("a b"), text_of(2.5)
    ('hidden 3', 'a b', '2.5')
    """
    if isinstance(name, str) and name.isprintable() and len(name) <= 500:
        return str(name)
    if isinstance(name, tuple) and name:
        return " ".join(map(text_of, name))
    return quoted(name, str)


def distinct_texts(names: Sequence[Hashable]) -> list[str]:
    """Return a text for each name; those that would be alike are written as Python writes them, or get a number.

    >>> distinct_texts([1, "1", "a", ("b",)])
    ['1', "'1'", 'a', 'b']
    """
    texts = [text_of(name) for name in names]
    shared = {text for text, number in Counter(texts).items() if number > 1}
    if not shared:
        return texts
    written = [quoted(name) if text in shared else text for name, text in zip(names, texts, strict=True)]
    return numbered(written)


def numbered(texts: Iterable[str]) -> list[str]:
    """Return texts, with a number behind each that an earlier one has taken.

    >>> numbered(["a", "b", "a", "a", "a (2)"])
    ['a', 'b', 'a (2)', 'a (3)', 'a (2) (2)']
    """
    taken: set[str] = set()
    last: Counter[str] = Counter()
    found = []
    for text in texts:
        free = text
        while free in taken:
            last[text] += 1
            free = f"{text} ({last[text] + 1})"
        taken.add(free)
        found.append(free)
    return found
