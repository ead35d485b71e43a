"""One rule for every format of data: what one refuses or reads, so do the others."""

from __future__ import annotations

import csv
import datetime
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import graphnet as gn
from graphnet.io import read_data

Columns = list[tuple[str, Any]]
BIG = 720575940621039145
"""Identifier of a neuron of FlyWire; as a float it is also that of its neighbour."""


def write_text(path: Path, columns: Columns) -> None:
    delimiter = {".csv": ",", ".tsv": "\t"}[path.suffix]
    with path.open("w", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(name for name, _ in columns)
        writer.writerows(zip(*(values for _, values in columns), strict=True))


def write_parquet(path: Path, columns: Columns) -> None:
    arrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    arrays = [values if isinstance(values, arrow.Array) else arrow.array(values) for _, values in columns]
    parquet.write_table(arrow.Table.from_arrays(arrays, names=[name for name, _ in columns]), path)


WRITERS: dict[str, Callable[[Path, Columns], None]] = {
    ".csv": write_text,
    ".tsv": write_text,
    ".parquet": write_parquet,
}


@pytest.fixture(params=WRITERS)
def table(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., Path]:
    """Write columns as a table of each format, and give its path."""

    def write(*columns: tuple[str, list[Any]]) -> Path:
        path = tmp_path / f"data{request.param}"
        WRITERS[request.param](path, list(columns))
        return path

    return write


X, Y = ("x", [1.5, 2.5, 3.5, 4.5]), ("y", [0, 1, 1, 0])
IDS = [BIG, BIG + 1, BIG - 1, 5]

REFUSED: dict[str, tuple[Columns, dict[str, Any], str]] = {
    "a name twice": ([X, X, Y], {}, r"names column 'x' twice"),
    "a name three times": ([X, X, X, Y], {}, r"names column 'x' 3 times"),
    "a name twice but for blanks": ([X, (" x ", X[1]), Y], {}, r"names column 'x' twice"),
    "no name": ([X, (" ", X[1]), Y], {}, r"column 2.* has no name"),
    "no rows": ([("x", []), ("y", [])], {}, r"no rows"),
    "no name of a sequence": (
        [("sequence", ["a", "a", None, "b"]), X, Y],
        {},
        r"(line 4|row 2), column 'sequence': no",
    ),
    "blank name of a sequence": (
        [("sequence", ["a", "a", " ", "b"]), X, Y],
        {},
        r"(line 4|row 2), column 'sequence': ",
    ),
    "no number of a sequence": ([("sequence", [1, 1, None, 2]), X, Y], {}, r"(line 4|row 2), column 'sequence': no"),
    "a capital in sequence": ([("Sequence", [1, 1, 2, 2]), X, Y], {}, r"does 'Sequence' name the sequences\?.*--seq"),
    "sequences": ([("sequences", [1, 1, 2, 2]), X, Y], {}, r"does 'sequences' name the sequences\?"),
    "two names of sequences": (
        [("sequence", [1, 1, 2, 2]), ("Sequence", [1, 2, 2, 2]), X, Y],
        {},
        r"does 'sequence' or 'Sequence' name the sequences\?",
    ),
    "a sequence that goes on": ([("sequence", [1, 2, 1, 1]), X, Y], {}, r"sequence '?1'? goes on after another began"),
    "a capital in x": ([X, ("X2", X[1]), Y], {}, r"are 'X2' inputs\?.*small letters.*--x"),
    "a capital in y": ([X, ("Y", X[1])], {"ahead": 1}, r"are 'Y' targets\?.*small letters.*--y"),
    "missing": ([("x", [1.5, None, 2.5, 3.5]), Y], {}, r"(line 3|row 1), column 'x': nothing is there"),
    "nan": ([("x", [1.5, np.nan, 2.5, 3.5]), Y], {}, r"(line 3|row 1), column 'x': nothing is there"),
    "nan target": ([X, ("y", [1.5, np.nan, 2.5, 3.5])], {}, r"(line 3|row 1), column 'y': nothing is there"),
    "missing in a condition": ([("year", [1, None, 3, 4]), X, Y], {"where": "year>0"}, r"column 'year': nothing is"),
    "nan in a condition": ([("year", [1, np.nan, 3, 4]), X, Y], {"where": "year>0"}, r"column 'year': nothing is"),
    "text": ([("x", ["one", "two", "3", "4"]), Y], {}, r"column 'x'.* not (a|real) number"),
    "dates": (
        [("x", [datetime.date(2020, 1, day) for day in (1, 2, 3, 4)]), Y],
        {},
        r"column 'x'.* not (a|real) number",
    ),
    "times": (
        [("x", [datetime.datetime(2020, 1, day) for day in (1, 2, 3, 4)]), Y],
        {},
        r"column 'x'.* not (a|real) number",
    ),
    "an id that is not there": ([("id", IDS), X, Y], {"where": f"id=={BIG + 2}"}, r"no row is left where 'id=="),
}

READ: dict[str, tuple[Columns, dict[str, Any], list[float], Any]] = {
    "numbers": ([X, Y], {}, X[1], Y[1]),
    "blanks around names": ([(" x", X[1]), ("y ", Y[1])], {}, X[1], Y[1]),
    "a name with a dot": ([("x.1", [9, 9, 9, 9]), X, Y], {"x": "x"}, X[1], Y[1]),
    "booleans": ([("x", [True, False, True, True]), ("y", [False, True, True, False])], {}, [1, 0, 1, 1], [0, 1, 1, 0]),
    "booleans and missing": ([X, ("y", [None, None, None, True])], {}, X[1], [1]),
    "infinite": ([("x", [1.5, np.inf, -np.inf, 1]), Y], {}, [1.5, np.inf, -np.inf, 1], Y[1]),
    "decimals": ([("x", list(map(Decimal, ["1.5", "2.25", "3.00", "-4"]))), Y], {}, [1.5, 2.25, 3, -4], Y[1]),
    "large whole numbers": (
        [("x", np.array([1, 2**53, 2**63, 2**64 - 1], np.uint64)), Y],
        {},
        [1, 2.0**53, 2.0**63, 2.0**64],
        Y[1],
    ),
    "a sequence named in capitals": (
        [("Sequence", [1, 1, 2, 2]), X, Y],
        {"sequence": "Sequence", "targets": False},
        X[1],
        None,
    ),
    "sequences that are an input": ([("Sequence", [1, 1, 2, 2]), Y], {"x": "Sequence"}, [1, 1, 2, 2], Y[1]),
    "blanks around names of sequences": ([("sequence", ["a", "a ", " a", "a"]), X, Y], {}, X[1], Y[1]),
    "rows without a name that are left out": (
        [("sequence", ["a", None, "a", "a"]), X, Y],
        {"where": "x!=2.5"},
        [1.5, 3.5, 4.5],
        [0, 1, 0],
    ),
    "missing targets before the end": ([X, ("y", [None, None, None, 2])], {}, X[1], [2]),
    "nan before the end": ([X, ("y", [np.nan, np.nan, np.nan, 2.5])], {}, X[1], [2.5]),
    "one id": ([("id", IDS), X, Y], {"where": f"id=={BIG}"}, [1.5], [0]),
    "all but one id": ([("id", IDS), X, Y], {"where": f"id!={BIG}"}, [2.5, 3.5, 4.5], [1, 1, 0]),
    "ids from one on": ([("id", IDS), X, Y], {"where": f"id>={BIG}"}, [1.5, 2.5], [0, 1]),
    "ids below one": ([("id", IDS), X, Y], {"where": f"id<{BIG}"}, [3.5, 4.5], [1, 0]),
    "an id beyond 63 bits": (
        [("id", np.array([2**64 - 1, 2**64 - 2, 2**64 - 3, 1], np.uint64)), X, Y],
        {"where": f"id=={2**64 - 2}"},
        [2.5],
        [1],
    ),
    "an id of any size": (
        [("id", [Decimal(10**30 + i) for i in range(4)]), X, Y],
        {"where": f"id=={10**30 + 2}"},
        [3.5],
        [1],
    ),
    "ids against a fraction": ([("id", IDS), X, Y], {"where": "id<=5.5"}, [4.5], [0]),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_no_table_holds(table: Any, case: str) -> None:
    columns, options, message = REFUSED[case]
    path = table(*columns)
    with pytest.raises(gn.DataError, match=message) as caught:
        read_data(path, **options)
    assert str(caught.value).startswith(f"{path}: ")


@pytest.mark.parametrize("case", READ)
def test_what_every_table_holds(table: Any, case: str) -> None:
    columns, options, x, y = READ[case]
    data = read_data(table(*columns), **options)
    assert data.x.ravel().tolist() == x
    if y is not None:
        assert data.y is not None
        assert data.y.ravel().tolist() == y


def test_no_condition_is_on_nan(table: Any) -> None:
    with pytest.raises(gn.DataError, match=r"where='x!=nan': 'nan' is neither a number nor an ISO date"):
        read_data(table(X, Y), where="x!=nan")


def test_ids_count_exactly(table: Any) -> None:
    data = read_data(table(("id", IDS), X, Y), count=f"id=={BIG}")
    assert data.weights is not None
    assert data.weights.tolist() == [[1.0, 0.0, 0.0, 0.0]]


def test_large_names_of_sequences_stay_apart(table: Any) -> None:
    data = read_data(table(("sequence", [BIG, BIG, BIG + 1, BIG + 1]), X, Y))
    assert data.x.shape == (2, 2, 1)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("cell", ["", " ", "NA", "N/A", "<NA>", "nan", "NaN", "None", "null"])
def test_cells_of_text_that_are_missing_numbers(tmp_path: Path, suffix: str, cell: str) -> None:
    path = tmp_path / f"data{suffix}"
    write_text(path, [X, ("y", [cell, cell, cell, 2])])
    assert read_data(path).y.tolist() == [2]  # type: ignore[union-attr]
    write_text(path, [("x", [1, 2, cell, 4]), Y])
    with pytest.raises(gn.DataError, match="line 4, column 'x': nothing is there"):
        read_data(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize(
    "cell", ["-nan", "True", "1 2", "0x10", "1,5", "1_0", "1e999", "9" * 399, "9" * 5000, "1+2j", "½", "--1"]
)
def test_cells_of_text_that_are_no_numbers(tmp_path: Path, suffix: str, cell: str) -> None:
    path = tmp_path / f"data{suffix}"
    write_text(path, [("x", [1, 2, cell, 4]), Y])
    with pytest.raises(gn.DataError, match=r"line 4, column 'x': .* is (not a number|larger than any float)"):
        read_data(path)


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_byte_order_mark_and_the_ends_of_lines_are_no_data(tmp_path: Path, suffix: str, end: str) -> None:
    path = tmp_path / f"data{suffix}"
    write_text(path, [X, Y])
    text = "".join(line + end for line in path.read_text().splitlines())
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_data(path).x.ravel().tolist() == X[1]


@pytest.mark.parametrize("kind", ["float16", "float32", "float64"])
def test_names_of_sequences_that_were_rounded_are_refused(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "data.parquet"
    sequence = ("sequence", np.array([1, 1, 2, 2] if kind == "float16" else [BIG, BIG, BIG + 2**40, 1], kind))
    write_parquet(path, [sequence, X, Y])  # type: ignore[list-item]
    if kind == "float16":
        assert read_data(path).x.shape == (2, 2, 1)
    else:
        with pytest.raises(gn.DataError, match=r"row 0, column 'sequence': .* rounded to a float"):
            read_data(path)


def test_dictionaries_of_parquet_are_what_they_stand_for(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    path = tmp_path / "data.parquet"
    columns = [("sequence", arrow.array(["a", "a", "b", "b"])), ("x", arrow.array(X[1])), ("y", arrow.array(Y[1]))]
    write_parquet(path, [(name, column.dictionary_encode()) for name, column in columns])
    data = read_data(path)
    assert (data.x.tolist(), data.y.tolist()) == ([[[1.5], [2.5]], [[3.5], [4.5]]], [[0, 1], [1, 0]])


# --- arrays ----------------------------------------------------------------------------------------------------------

ARRAYS = {"x": np.zeros((3, 4, 1)), "y": np.zeros((3, 4, 1))}


@pytest.mark.parametrize(
    ("more", "options", "message"),
    [
        ({"Lengths": np.array([1, 2, 3])}, {}, "array 'Lengths' .* nearly 'lengths'"),
        ({"length": np.array([1, 2, 3])}, {"targets": False}, "array 'length' .* nearly 'lengths'"),
        ({"weight": np.ones(3)}, {}, "array 'weight' .* nearly 'weights'"),
        ({"lengths": np.array([1, 2, 3]), "LENGTHS": np.array([3, 2, 1])}, {}, "array 'LENGTHS' .* nearly 'lengths'"),
        ({"Y": np.ones((3, 4, 1))}, {}, "array 'Y' .* nearly 'y'"),
        ({"lengths": np.array([1.0, 2, 3])}, {}, "array 'lengths' is float64"),
        ({"lengths": np.array([True, True, True])}, {}, "array 'lengths' is bool"),
        ({"lengths": np.array(["1", "2", "3"])}, {}, "array 'lengths' is <U1"),
        ({"x": np.zeros((3, 4, 1), "M8[s]")}, {}, "array 'x' is datetime64.*, not real numbers; times become"),
        ({"x": np.full((3, 4, 1), "1")}, {}, "array 'x' is <U1, not real numbers; numbers written as text become"),
        ({"x": np.zeros((3, 4, 1), complex)}, {}, "array 'x' is complex128, not real numbers; take .real"),
        ({"x": np.zeros((3, 4), [("a", float)])}, {}, "array 'x' .*, not real numbers; fields become"),
    ],
)
def test_arrays_that_would_be_left_alone_or_misread(tmp_path: Path, more: Any, options: Any, message: str) -> None:
    np.savez(tmp_path / "data.npz", **(ARRAYS | more))
    with pytest.raises(gn.DataError, match=message):
        read_data(tmp_path / "data.npz", **options)


def test_arrays_of_any_other_name_are_left_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "data.npz", **ARRAYS, heights=np.ones(2), Y_test=np.ones(3), xx=np.ones(1))
    assert read_data(tmp_path / "data.npz").weights is None
    np.savez(tmp_path / "data.npz", x=ARRAYS["x"], Weights=np.ones(3), Y=np.ones(3))
    assert read_data(tmp_path / "data.npz", targets=False).weights is None


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("second", ["x.npy", "x"])
def test_an_array_twice(tmp_path: Path, second: str) -> None:
    np.savez(tmp_path / "data.npz", **ARRAYS)
    with zipfile.ZipFile(tmp_path / "data.npz", "a") as archive:
        archive.writestr(second, archive.read("x.npy"))
    with pytest.raises(gn.DataError, match="the file holds array 'x' twice"):
        read_data(tmp_path / "data.npz")


@pytest.mark.parametrize("suffix", [".npz", ".npy"])
@pytest.mark.parametrize("dtype", ["?", "u1", ">i4", "f2", ">f8", "g"])
def test_arrays_of_any_dtype_and_order_are_the_numbers(tmp_path: Path, suffix: str, dtype: str) -> None:
    x = np.asfortranarray(np.arange(12).reshape(3, 4, 1) % 2).astype(dtype)
    path = tmp_path / f"data{suffix}"
    if suffix == ".npz":
        np.savez(path, x=x, lengths=np.array([4, 2, 3], "u1"))
    else:
        np.save(path, x)
    data, net = read_data(path, targets=False), gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    assert np.array_equal(net.run(data.x, lengths=data.lengths), net.run(x.astype(float), lengths=data.lengths))


@pytest.mark.parametrize("name", ["data.csv", "data.tsv", "data.npz"])
def test_masked_arrays_are_not_written(tmp_path: Path, name: str) -> None:
    masked = np.ma.masked_array([1.0, 2.0], [False, True])
    write = gn.io.write_arrays if name.endswith("npz") else gn.io.write_table
    with pytest.raises(gn.DataError, match=rf"{name}: (column|array) 'x': 1 of 2 entries is masked.*: (give|write) "):
        write(tmp_path / name, {"x": masked})
    assert not list(tmp_path.iterdir())
