"""Data in tables: which columns are inputs and targets, which rows count, and what is said where one does not fit."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import graphnet as gn
from graphnet.io import read_data, write_table
from tests.profiles import scaled

SERIES = "year,spots,x_sun,yield\n1700,5,0.5,1\n1701,11,0.25,2\n1702,16,1e-3,3\n1703,23,-2,4\n"
LONG = "sequence,x1,x2,y\na,1,10,0\na,2,20,1\nb,3,30,2\nb,4,40,0\nb,5,50,1\n"


@pytest.fixture
def table(tmp_path):
    """Write a table, and give its path."""

    def write(text, name="data.csv"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def assert_refused(path, *says, **options):
    with pytest.raises(gn.DataError) as caught:
        read_data(path, **options)
    for part in says:
        assert part in str(caught.value)
    return str(caught.value)


# --- columns ---------------------------------------------------------------------------------------------------------


def test_columns_are_inputs_and_targets_by_their_names(table):
    data = read_data(table(LONG))
    assert data.x.tolist() == [[[1, 10], [2, 20], [0, 0]], [[3, 30], [4, 40], [5, 50]]]
    assert data.x.dtype == np.float64
    assert (data.y.tolist(), data.y.dtype) == ([[0, 1, 0], [2, 0, 1]], np.int64)
    assert (data.lengths.tolist(), data.lengths.dtype) == ([2, 3], np.int64)


def test_a_word_that_begins_with_x_or_y_is_neither(table):
    path = table(SERIES)
    assert read_data(path, targets=False).x.tolist() == [[[0.5], [0.25], [0.001], [-2.0]]]
    assert_refused(
        path,
        f"{path}: which columns are the targets? None is called y, y1, y_...: choose with y=[...] or --y; "
        "it has 'year', 'spots', 'x_sun', 'yield'",
    )


def test_columns_by_choice_and_one_sequence_where_none_is_named(table):
    data = read_data(table(SERIES), x=["spots", "year"], y="x_sun")
    assert data.x.tolist() == [[[5, 1700], [11, 1701], [16, 1702], [23, 1703]]]
    assert data.y.tolist() == [[[0.5], [0.25], [0.001], [-2.0]]]
    assert data.lengths is None


def test_tabs_separate_the_cells_of_tsv(table):
    assert read_data(table(LONG.replace(",", "\t"), "data.tsv")).x.shape == (2, 3, 2)


def test_sequences_by_another_column_and_those_of_one_length_have_none(table):
    path = table("speaker,x,y\n7,1,0\n7,2,1\n03,3,0\n03,4,1\n")
    data = read_data(path, sequence="speaker")
    assert data.x[:, :, 0].tolist() == [[1, 2], [3, 4]]
    assert data.lengths is None


@pytest.mark.parametrize(
    ("cells", "expected", "dtype"),
    [
        (["0", "1", "2"], [[0, 1, 2]], np.int64),
        (["0", "1.0", "2"], [[[0], [1], [2]]], np.float64),
        (["0", "-1", "2"], [[[0], [-1], [2]]], np.float64),
        (["", "", "2"], [2], np.int64),
        (["", "", "2.5"], [[2.5]], np.float64),
        (["-inf", "1", "inf"], [[[-np.inf], [1], [np.inf]]], np.float64),
        (["1", str(2**63), "9" * 300], [[[1], [2.0**63], [1e300]]], np.float64),
    ],
)
def test_whole_numbers_from_0_are_classes_and_one_on_the_last_row_is_the_sequences(table, cells, expected, dtype):
    data = read_data(table("x,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))))
    assert data.y.dtype == dtype
    assert data.y.tolist() == expected


def test_several_targets_on_the_last_row_of_each_sequence(table):
    data = read_data(table("sequence,x,y1,y2\na,1,,\na,2,3,4\nb,1,5,6\n"))
    assert data.y.tolist() == [[3, 4], [5, 6]]
    assert data.lengths.tolist() == [2, 1]


def test_targets_that_are_also_inputs_are_numbers(table):
    data = read_data(table(SERIES), x=["spots"], y=["spots"], ahead=1)
    assert (data.y.dtype, data.y.shape) == (np.float64, (1, 3, 1))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"x": ["spot"]}, "there is no column 'spot'; near it are 'spots'"),
        ({"x": ["dog"], "y": "cat"}, "2 problems in the file:\n  - there is no column 'dog'; it has 'year', 'spots'"),
        ({"x": ["spots", "spots"]}, "x names column 'spots' twice"),
        ({"sequence": "series"}, "there is no column 'series'"),
    ],
)
def test_columns_that_are_not_there(table, options, says):
    assert_refused(table(SERIES), "data.csv: ", says, **options)


def test_no_inputs_by_name(table):
    assert_refused(table("a,b\n1,2\n"), "which columns are the inputs?", "it has 'a', 'b'", targets=False)


# --- ahead -----------------------------------------------------------------------------------------------------------


def test_one_step_ahead_of_a_series(table):
    data = read_data(table(SERIES), x="spots", ahead=1)
    assert data.x.ravel().tolist() == [5, 11, 16]
    assert data.y.ravel().tolist() == [11, 16, 23]
    assert data.lengths is None
    assert read_data(table(SERIES), x="spots", ahead=3).y.tolist() == [[[23.0]]]


def test_ahead_of_targets_that_are_a_column_of_their_own(table):
    data = read_data(table(LONG), ahead=1)
    assert data.lengths.tolist() == [1, 2]
    assert data.y.tolist() == [[1, 0], [0, 1]]
    assert data.x.shape == (2, 2, 2)


def test_ahead_where_no_targets_are_asked_for_cuts_nothing(table):
    data = read_data(table(SERIES), x="spots", ahead=1, targets=False)
    assert data.x.shape == (1, 4, 1)
    assert data.y is None


@settings(max_examples=scaled(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(3, 6), min_size=1, max_size=4), ahead=st.integers(1, 2))
def test_ahead_pairs_every_step_with_the_one_so_many_steps_later(tmp_path, lengths, ahead):
    values = np.arange(sum(lengths), dtype=float)
    sequence = np.repeat(np.arange(len(lengths)), lengths)
    write_table(tmp_path / "data.csv", {"sequence": sequence, "x": values})
    data = read_data(tmp_path / "data.csv", ahead=ahead)
    found = [max(lengths) - ahead] * len(lengths) if data.lengths is None else data.lengths.tolist()
    assert found == [length - ahead for length in lengths]
    for x, y, length in zip(data.x, data.y, found, strict=True):
        assert (y[:length] - x[:length] == ahead).all()


def test_ahead_of_arrays(tmp_path):
    x = np.arange(12.0).reshape(2, 3, 2)
    np.savez(tmp_path / "data.npz", x=x, lengths=np.array([3, 2]))
    data = read_data(tmp_path / "data.npz", ahead=1)
    assert (data.y[0].tolist(), data.y[1, :1].tolist()) == (x[0, 1:].tolist(), x[1, 1:2].tolist())
    assert data.lengths.tolist() == [2, 1]
    np.savez(tmp_path / "data.npz", x=x, y=np.array([[0, 1, 2], [3, 4, 5]]))
    assert read_data(tmp_path / "data.npz", ahead=2).y.tolist() == [[2], [5]]


@pytest.mark.parametrize("ahead", [-1, 1.0, True, "1", None])
def test_ahead_is_a_whole_number(table, ahead):
    assert_refused(table(LONG), f"ahead={ahead!r} is not a whole number", ahead=ahead)


def test_ahead_of_what_is_too_short_or_has_one_target_a_sequence(table, tmp_path):
    assert_refused(table(LONG), "sequence 'a' has 2 steps, and ahead=2 takes 3 at least", ahead=2)
    np.savez(tmp_path / "data.npz", x=np.zeros((2, 3, 1)), y=np.array([0, 1]))
    assert_refused(tmp_path / "data.npz", "y has shape (2,), one target a sequence", ahead=1)


# --- where -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("where", "spots"),
    [
        ("year<=1701", [5, 11]),
        ("year < 1701", [5]),
        ("year>=1.702e3", [16, 23]),
        ("year>1702", [23]),
        ("year==1702", [16]),
        ("year=1702", [16]),
        ("year!=1702", [5, 11, 23]),
        (["year>1700", "spots<20"], [11, 16]),
        ([], [5, 11, 16, 23]),
    ],
)
def test_rows_by_conditions(table, where, spots):
    assert read_data(table(SERIES), x="spots", targets=False, where=where).x.ravel().tolist() == spots


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("year", "where='year': there is no comparison; a condition is a column, one of"),
        ("year<=", "where='year<=': there is no number or ISO date behind <="),
        ("<=5", "where='<=5': there is no column before <="),
        ("year<=x", "where='year<=x': 'x' is neither a number nor"),
        ("year<=1_0", ": '1_0' is neither a number nor an ISO date"),
        ("1700<=year<=1701", "there are 2 comparisons, <= and <="),
        ("__import__('os')<=1", "there is no column \"__import__('os')\""),
        ("jear<=1701", "there is no column 'jear'; it has 'year'"),
        ("year<=1600", "no row is left where 'year<=1600'; 'year': it goes from 1700 to 1703"),
    ],
)
def test_conditions_that_are_none(table, where, says):
    assert_refused(table(SERIES), says, x="spots", targets=False, where=where)


# --- tables that do not fit ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("x,y\n", "a header, and no rows"),
        (
            "x,y\n1,2,3\n4,5\n6\n",
            "2 problems in the file:\n  - line 2: 3 cells, and the header has 2\n  - line 4: 1 cells",
        ),
        ("x,y\n1,2\nmany,3\n4,more\n", "line 3, column 'x': 'many' is not a number"),
        ("x,y\n1_000,2\n", "line 2, column 'x': '1_000' is not a number"),
        (f"x,y\n{'9' * 5000},2\n", "line 2, column 'x': '9999"),
        ("x,y\n1,2\n,3\n", "line 3, column 'x': nothing is there"),
        ("x,y\n1,2\n2,\n3,3\n", "line 3, column 'y': nothing is there; targets stand on every row, or on the last"),
        ("x,x\n1,2\n", "the header names column 'x' twice"),
        ("x;y\n1;2\n", "one column, 'x;y': cells are separated by ','"),
        (b"x,y\n1,\xe9\n", "line 2: byte 6 is not UTF-8 text"),
        (b"x,y\n1,2\n\0,3\n", "line 3: a NUL character"),
        ('x,y\n1,"2\n', "line 2: unexpected end of data"),
        ("sequence,x,y\na,1,0\nb,2,0\na,3,0\n", "line 4: sequence 'a' goes on after another began"),
    ],
)
def test_tables_that_do_not_fit(table, content, says):
    path = table(content)
    assert assert_refused(path, says).startswith(f"{path}: ")


def test_padding_that_would_take_far_more_than_the_file(table):
    rows = "".join(f"{i},{i}\n" for i in range(20_000)) + "z,0\n" * 20_000
    assert_refused(
        table("sequence,x\n" + rows), "20001 sequences padded to the 20000 steps of the longest", targets=False
    )


def test_cells_that_span_lines_are_counted(table):
    assert_refused(table('note,x\n"two\nlines",1\n"one",b\n'), "line 4, column 'x': 'b'", targets=False)


def test_columns_are_chosen_of_tables_only(tmp_path):
    np.savez(tmp_path / "data.npz", x=np.zeros((1, 2, 1)))
    assert_refused(
        tmp_path / "data.npz", "sequences and rows are chosen of tables (.csv, .tsv, .parquet)", sequence="x"
    )
    assert_refused(tmp_path / "data.txt", "data are read from files named .npz, .npy, .csv, .tsv, .parquet")


# --- arrays ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("shape", "expected"), [((5,), (1, 5, 1)), ((5, 2), (1, 5, 2)), ((3, 5, 2), (3, 5, 2))])
def test_a_single_array_is_x(tmp_path, shape, expected):
    array = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    np.save(tmp_path / "x.npy", array)
    data = read_data(tmp_path / "x.npy", targets=False)
    assert data.x.shape == expected
    assert data.x.ravel().tolist() == array.ravel().tolist()
    assert read_data(tmp_path / "x.npy", ahead=1).y.shape == (expected[0], 4, expected[2])


def test_single_arrays_that_do_not_fit(tmp_path):
    path = tmp_path / "x.npy"
    np.save(path, np.zeros((2, 3)))
    assert_refused(path, "a single array has no targets: ahead=")
    np.save(path, np.zeros((1, 1, 1, 1)))
    assert_refused(path, "array 'x' has shape (1, 1, 1, 1)", targets=False)
    np.save(path, np.array([None]), allow_pickle=True)
    assert_refused(path, "it holds Python objects", targets=False)
    np.savez(tmp_path / "named.npz", x=np.zeros(3))
    path.write_bytes((tmp_path / "named.npz").read_bytes())
    assert_refused(path, "named arrays, and .npy holds a single one", targets=False)
    path.write_bytes(b"hello")
    assert_refused(path, "broken .npy file", targets=False)


# --- Parquet ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def parquet(tmp_path):
    """Write columns as Parquet, and give the path."""
    arrow = pytest.importorskip("pyarrow")
    writer = pytest.importorskip("pyarrow.parquet")

    def write(columns):
        writer.write_table(arrow.table(columns), tmp_path / "data.parquet")
        return tmp_path / "data.parquet"

    return write


def test_parquet_is_read_as_the_same_table_in_text(parquet, table):
    columns = {"sequence": ["a", "a", "b", "b", "b"], "x1": [1.0, 2, 3, 4, 5], "x2": [10, 20, 30, 40, 50]}
    columns["y"] = [None, 1, None, None, 2]
    found = read_data(parquet(columns))
    text = read_data(table("sequence,x1,x2,y\na,1,10,\na,2,20,1\nb,3,30,\nb,4,40,\nb,5,50,2\n"))
    for ours, theirs in ((found.x, text.x), (found.y, text.y), (found.lengths, text.lengths)):
        assert (ours.tolist(), ours.dtype) == (theirs.tolist(), theirs.dtype)
    assert read_data(parquet(columns), where="x2>20", targets=False).x.shape == (1, 3, 2)


def test_parquet_that_does_not_fit(parquet):
    path = parquet({"x": ["a", "b"], "y": [1.0, 2.0], "z": [[1], [2]], "v": [1.0, None]})
    assert_refused(path, "column 'x' is string, not real numbers")
    assert_refused(path, "row 1, column 'v': nothing is there", x="v")
    assert_refused(path, "column 'z' is nested", x="y", y="y", sequence="z")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert_refused(path, f"{path}: not a complete Parquet file: ")


def test_rows_that_a_parquet_file_only_claims(parquet):
    path = parquet({"x": np.zeros(20_000_000)})
    assert_refused(path, "20000000 rows are more than a file of", targets=False)


def test_without_pyarrow_a_line_says_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "data.parquet"
    assert assert_refused(path, "").splitlines() == [
        f"{path}: .parquet takes pyarrow: pip install 'graphnet-engine[parquet]'"
    ]


# --- writing ---------------------------------------------------------------------------------------------------------


@settings(max_examples=scaled(50), suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_numbers_that_are_written_are_read_to_the_last_digit(tmp_path, numbers):
    write_table(tmp_path / "out.csv", {"step": np.arange(len(numbers)), "x": np.array(numbers)})
    assert read_data(tmp_path / "out.csv", targets=False).x.ravel().tolist() == numbers


def test_the_bytes_of_a_table(tmp_path):
    columns = {"sequence": np.array([0, 1]), "('h', 0)": np.array([0.1, np.nan]), "name": np.array(["a,b", "c"])}
    write_table(tmp_path / "out.csv", columns)
    assert (tmp_path / "out.csv").read_bytes() == b'sequence,"(\'h\', 0)",name\n0,0.1,"a,b"\n1,,c\n'
    write_table(tmp_path / "out.TSV", {"a": [1], "b": [2.0]})
    assert (tmp_path / "out.TSV").read_text() == "a\tb\n1\t2.0\n"


def test_single_precision_is_written_as_it_is_read(tmp_path):
    write_table(tmp_path / "out.csv", {"x": np.array([0.1], np.float32)})
    assert np.float32(read_data(tmp_path / "out.csv", targets=False).x.item()) == np.float32(0.1)


@pytest.mark.parametrize("columns", [{"a": [1, 2], "b": [1]}, {"a": [[1]]}, {"a": 1}])
def test_columns_are_of_one_length(tmp_path, columns):
    with pytest.raises(gn.DataError, match=r"columns are \(n_rows,\) arrays of one length"):
        write_table(tmp_path / "out.csv", columns)
    with pytest.raises(gn.DataError, match=r"a table is a \.csv or \.tsv file"):
        write_table(tmp_path / "out.txt", {"a": [1]})
    assert list(tmp_path.iterdir()) == []


# --- what pandas would make of it ------------------------------------------------------------------------------------


def test_na_is_a_name_and_large_whole_numbers_stay_exact(table, parquet):
    path = table(f"sequence,x,y\nNA,1,{2**53 + 1}\nNA,2,{2**62 + 1}\nnan,3,7\nnull,4,8\n")
    assert read_data(path).lengths.tolist() == [2, 1, 1]
    assert read_data(path).y[0].tolist() == [2**53 + 1, 2**62 + 1]
    found = read_data(parquet({"x": [1.0, 2.0], "y": [None, 2**53 + 1]}))
    assert (found.y.tolist(), found.y.dtype) == ([2**53 + 1], np.int64)
