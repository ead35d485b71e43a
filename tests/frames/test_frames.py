"""Frames of pandas and of others, column by column."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import graphnet as gn
from graphnet.frames.cells import Cells, concatenated
from graphnet.frames.table import open_table

LARGE = 720575940621039145


def values(frame: Any, name: str) -> tuple[str, list[Any]]:
    """Return the kind of a column, and its cells with None for missing ones."""
    cells = open_table(frame, "edges").read([name])(name)
    return cells.kind, [cells.value(row) for row in range(len(cells))]


COLUMNS: list[tuple[Any, str, list[Any]]] = [
    (np.array([1, -2], np.int8), "whole numbers", [1, -2]),
    (np.array([2**64 - 1, 2], np.uint64), "whole numbers", [2**64 - 1, 2]),
    (pd.array([LARGE, None], "Int64"), "whole numbers", [LARGE, None]),
    (pd.array([LARGE, None], "UInt64"), "whole numbers", [LARGE, None]),
    (pd.array([LARGE, None], "int64[pyarrow]"), "whole numbers", [LARGE, None]),
    (pd.array([0.5, None], "Float32"), "numbers", [0.5, None]),
    (pd.array([0.5, None], "double[pyarrow]"), "numbers", [0.5, None]),
    (pd.array([Decimal("1.5"), None], pd.ArrowDtype(pa.decimal128(4, 2))), "numbers", [1.5, None]),
    ([0.5, np.nan], "numbers", [0.5, None]),
    ([True, False], "booleans", [True, False]),
    (pd.array([True, None], "bool[pyarrow]"), "booleans", [True, None]),
    (pd.array(["a ", None], "string"), "text", ["a", None]),
    (pd.array(["a", None], "string[pyarrow]"), "text", ["a", None]),
    (pd.array(["a", ""], "str"), "text", ["a", None]),
    (np.array(["a", None], object), "text", ["a", None]),
    (np.array([LARGE, None], object), "whole numbers", [LARGE, None]),
    (np.array([2**63, None], object), "whole numbers", [2**63, None]),
    (np.array([2**64, 1], object), "names", [2**64, 1]),
    (np.array([1, 2.5], object), "numbers", [1.0, 2.5]),
    (np.array([LARGE, 2.5], object), "objects", [LARGE, 2.5]),
    (np.array([True, pd.NA], object), "booleans", [True, None]),
    (np.array([Decimal("0.5"), None], object), "numbers", [0.5, None]),
    (np.array(["a", 1], object), "objects", ["a", 1]),
    (np.array([None, pd.NaT], object), "nothing", [None, None]),
    (pd.Categorical(["b", None, "a"]), "text", ["b", None, "a"]),
    (pd.Categorical([3, None, 1]), "whole numbers", [3, None, 1]),
    (pd.Categorical([0.5, None, 1.0]), "numbers", [0.5, None, 1.0]),
    (pd.Categorical([None, None]), "nothing", [None, None]),
    (pd.Categorical(["a ", "a", " "]), "text", ["a", "a", None]),
    (pd.to_datetime(["2020-01-01", None]), "names", [pd.Timestamp("2020-01-01"), None]),
]


@pytest.mark.parametrize(("column", "kind", "expected"), COLUMNS)
def test_columns_of_pandas(column: Any, kind: str, expected: list[Any]) -> None:
    assert values(pd.DataFrame({"x": column}), "x") == (kind, expected)


def test_tuples_and_lists_in_a_column_of_pandas() -> None:
    column = pd.Series([("a", 1), ("b", 2), ("a", 1)])
    assert values(pd.DataFrame({"x": column}), "x") == ("names", column.tolist())
    assert values(pd.DataFrame({"x": [[1], [2], [1]]}), "x") == ("objects", [[1], [2], [1]])


def test_columns_of_polars() -> None:
    frame = pl.DataFrame(
        {
            "id": [LARGE, None],
            "big": pl.Series([2**64 - 1, 1], dtype=pl.UInt64),
            "x": [0.5, None],
            "nan": [0.5, float("nan")],
            "on": [True, None],
            "word": ["a ", None],
            "kind": pl.Series(["p", None], dtype=pl.Categorical),
            "of": pl.Series(["p", "q"], dtype=pl.Enum(["p", "q"])),
            "none": [None, None],
        }
    )
    expected = {
        "id": ("whole numbers", [LARGE, None]),
        "big": ("whole numbers", [2**64 - 1, 1]),
        "x": ("numbers", [0.5, None]),
        "nan": ("numbers", [0.5, None]),
        "on": ("booleans", [True, None]),
        "word": ("text", ["a", None]),
        "kind": ("text", ["p", None]),
        "of": ("text", ["p", "q"]),
        "none": ("nothing", [None, None]),
    }
    for given in (frame, frame.lazy(), frame.to_arrow()):
        assert {name: values(given, name) for name in frame.columns} == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ([("a", "b")], "edges is a list: give a frame"),
        ({"source": ["a"]}, "edges is a dict: give a frame"),
        (np.zeros((2, 2)), "edges is a ndarray: give a frame"),
        (pd.Series([1]), "edges is a Series: give a frame"),
        (pd.DataFrame([[1, 2]], columns=["a", "a "]), "edges: 2 columns are named 'a'"),
        (pd.DataFrame([[1, 2]], columns=["a", " "]), "edges: column 2 has no name"),
    ],
)
def test_what_is_no_table(given: Any, says: str) -> None:
    with pytest.raises(gn.GraphError, match=says):
        gn.graphs.from_tables(given)


def test_numbers_of_cells() -> None:
    text = Cells(np.array([0, 1, -1, 2]), np.array([False, False, True, False]), ("1.5", "NA", " 2e3"))
    numbers = text.numbers()
    assert [numbers.value(i) for i in range(4)] == [1.5, None, None, 2000.0]
    with pytest.raises(ValueError, match=r"\[1\]"):
        Cells(np.array([0, 1]), None, ("1", "1_000")).numbers()
    with pytest.raises(ValueError, match=r"\[0 1\]"):
        Cells(np.array([True, False])).numbers()


def test_parts_of_a_column() -> None:
    whole, number, text = Cells(np.array([1])), Cells(np.array([0.5])), Cells(np.array([0]), None, ("a",))
    nothing = Cells(np.zeros(1), np.array([True]))

    def joined(*parts: Cells) -> Any:
        cells = concatenated(parts)
        return None if cells is None else [cells.value(i) for i in range(len(cells))]

    assert joined(whole, number) == [1.0, 0.5]
    assert joined(nothing, whole) == [None, 1]
    assert joined(number, nothing) == [0.5, None]
    assert joined(nothing, text, Cells(np.array([1, 0]), None, ("a", "b"))) == [None, "a", "b", "a"]
    assert joined(nothing, nothing) == [None, None]
    assert joined(whole, text) is None
    assert joined(whole, Cells(np.array([2**63], np.uint64))) is None
    assert joined(Cells(np.array([True])), whole) is None


def test_reprs_are_short() -> None:
    frame = pd.DataFrame({"x": np.zeros(1000)})
    table = open_table(frame, "edges")
    assert repr(table) == "<Table: edges, 1 columns>"
    assert repr(table.read(["x"])("x")) == "<Cells: 1000 rows, numbers>"
