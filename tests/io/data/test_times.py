"""Columns of times, and conditions on dates."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import graphnet as gn
from graphnet.io import read_data
from graphnet.io.data.times import parse_date

DAYS = ["2001-04-29", "2001-04-30", "2001-05-01", "2001-05-02"]


@pytest.fixture
def table(tmp_path):
    """Write a table, and give its path."""

    def write(header, *columns):
        path = tmp_path / "data.csv"
        path.write_text("\n".join([header, *(",".join(map(str, row)) for row in zip(*columns, strict=True))]) + "\n")
        return path

    return write


@pytest.mark.parametrize(
    ("condition", "taken"),
    [
        ("date>=2001-05-01", [3, 4]),
        ("date<2001-05-01T12:00", [1, 2, 3]),
        ("date==20010430", None),
        ("date!=2001-04-30", [1, 3, 4]),
        (["date>2001-04-29", "date<=2001-05-01"], [2, 3]),
    ],
)
def test_rows_are_chosen_by_date(table, condition, taken):
    path = table("date,x", DAYS, range(1, 5))
    if taken is None:  # a number is no date
        with pytest.raises(gn.DataError, match="column 'date' has dates such as 2001-04-29: compare with a whole one"):
            read_data(path, targets=False, where=condition)
        return
    assert read_data(path, targets=False, where=condition).x.ravel().tolist() == taken


@given(st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)), st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31)))
def test_dates_are_in_order(first, second):
    (one, _), (other, _) = parse_date(first.isoformat()), parse_date(second.isoformat())
    assert (one < other, one == other) == (first < second, first == second)
    assert timedelta(microseconds=other - one) == second - first


@pytest.mark.parametrize("text", ["2001", "2001-05", "05/01/2001", "yesterday", ""])
def test_no_date(text):
    with pytest.raises(ValueError, match=r"ISO|isoformat"):
        parse_date(text)


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("date>=2001-05-01Z", "where='date>=2001-05-01Z': '2001-05-01Z' is neither a number nor an ISO date such as"),
        ("date>=2001-5-1", "where='date>=2001-5-1': '2001-5-1' is neither a number nor an ISO date such as"),
        ("date<01.05.2001", "'01.05.2001' is neither a number nor an ISO date such as 2001-05-01 or 2001-05-01T12:00"),
        ("date", "where='date': there is no comparison; a condition is a column, one of <= .* 'date>=2001-05-01'"),
        ("1<x<2", "where='1<x<2': there are 2 comparisons, < and <; give where again for each; a condition is"),
        ("<2", "where='<2': there is no column before <; a condition is"),
        ("x>=", "where='x>=': there is no number or ISO date behind >=; a condition is"),
        ("date>=2001-05-01T00:00Z", "column 'date' has no offset from UTC, and 2001-05-01T00:00Z has one"),
        ("x>=2001-05-01", "column 'x' has numbers, and 2001-05-01 is a date"),
        ("date>=2002-01-01", "no row is left where .*; 'date': it goes from 2001-04-29 to 2001-05-02"),
        ("word>=2001-05-01", "line 2, column 'word': 'a' is neither a number nor an ISO date such as 2001-05-01"),
    ],
)
def test_conditions_that_cannot_be(table, condition, says):
    with pytest.raises(gn.DataError, match=says):
        read_data(table("date,x,word", DAYS, range(4), "abcd"), targets=False, where=condition)


def test_offsets_are_compared(table):
    path = table("time,x", ["2001-05-01T01:00+02:00", "2001-05-01T00:00+00:00"], [1, 2])
    assert read_data(path, targets=False, where="time<2001-05-01T00:00Z").x.ravel().tolist() == [1]
    mixed = table("time,x", ["2001-05-01T01:00+02:00", "2001-05-01T00:00"], [1, 2])
    with pytest.raises(gn.DataError, match=r"line 3, column 'time': .* has no offset from UTC, unlike line 2"):
        read_data(mixed, targets=False, time="time")


def test_the_column_of_times_is_found_by_its_name(table):
    for name in ("Date", "timestamp", "time"):
        data = read_data(table(f"x,{name}", range(4), DAYS), ahead=1)
        assert (data.series.time, data.series.times.tolist()) == (name, DAYS)
    years = read_data(table("YEAR,x", range(1700, 1704), range(4)), targets=False)
    assert (years.series.time, years.series.times.tolist()) == ("YEAR", [1700, 1701, 1702, 1703])
    assert read_data(table("time,x", "abcd", range(4)), ahead=1).series.time is None
    assert read_data(table("time,x", range(4), range(4)), x="time", ahead=1).series.time is None
    assert read_data(table("time,x", range(4), range(4)), ahead=1, time="none").series.time is None


def test_times_of_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    times = pd.date_range("2001-05-01", periods=4, freq="h")
    pd.DataFrame({"date": times, "x": np.arange(4.0)}).to_parquet(tmp_path / "data.parquet")
    data = read_data(tmp_path / "data.parquet", ahead=1, where="date>=2001-05-01T01:00")
    assert data.x.ravel().tolist() == [1, 2]
    assert data.series.times.tolist()[0] == "2001-05-01T01:00:00"


@pytest.mark.parametrize(
    ("days", "says"),
    [
        (
            ["2001-05-01", "2001-05-01"],
            "line 3, column 'date': 2001-05-01 is again the time of line 2; rows of a",
        ),
        (["2001-05-02", "2001-05-01"], "line 3, column 'date': 2001-05-01 is before the time of line 2; rows of a"),
    ],
)
def test_times_are_in_order(table, days, says):
    path = table("date,x", days, range(2))
    for option in ({"time": "date"}, {"window": 1}, {"missing": "mask"}, {"ahead": [1]}):
        options = {"ahead": 1, **option}
        if option == {"ahead": [1]}:  # as in older versions, nothing but a remark
            data = read_data(path, ahead=1)
            assert data.y.tolist() == [[[1.0]]]
            assert data.series.remark.startswith("column 'date' is taken for no times, as it is not in order: line 3")
            continue
        with pytest.raises(gn.DataError, match=says):
            read_data(path, **options)
    assert read_data(path, window=1, ahead=1, time="none").y.tolist() == [[1.0]]


def test_times_begin_again_with_each_sequence(table):
    path = table("sequence,date,x", "aabb", DAYS[:2] * 2, range(4))
    assert read_data(path, window=1, ahead=1).y.ravel().tolist() == [1, 3]


def test_a_missing_or_wrong_time_is_named(table):
    path = table("date,x", ["2001-05-01", ""], range(2))
    with pytest.raises(gn.DataError, match="line 3, column 'date': nothing is there, and each row has a time"):
        read_data(path, ahead=1, time="date")
    with pytest.raises(gn.DataError, match="there is no column 'dat'; near it are 'date'"):
        read_data(path, ahead=1, time="dat")


@pytest.mark.parametrize("first", ["11.02.2025 17:00", "morning"])
def test_a_column_called_time_that_cannot_be_read_is_remarked(table, first):
    path = table("time,x", [first, "11.02.2025 16:00", "11.02.2025 16:00"], range(3))
    for options in ({"window": 1}, {"ahead": [1]}, {"missing": "mask"}, {}):
        series = read_data(path, **{"ahead": 1, **options}).series
        assert (series.time, series.times) == (None, None)
        assert series.remark.startswith(
            "column 'time' is taken for no times, and order, duplicates and gaps are not checked: line 2, "
            f"column 'time': {first!r} is neither a number nor an ISO date such as 2001-05-01 or 2001-05-01T12:00; "
            "pandas.to_datetime(..., dayfirst=True) makes such of others, and time='none' (--time none) says"
        )
    assert read_data(path, ahead=1, time="none").series.remark is None
    empty = table("time,x", [1, "", 3], range(3))
    assert (
        "not checked: line 3, column 'time': nothing is there, and each row has a time, and"
        in read_data(empty, ahead=1).series.remark
    )
    mixed = table("time,x", ["2001-05-01T01:00+02:00", "2001-05-01T02:00"], range(2))
    assert "column 'time': '2001-05-01T02:00' has no offset" in read_data(mixed, ahead=1).series.remark
    other = table("time,date,x", "abcd", DAYS, range(4))
    assert (read_data(other, ahead=1).series.time, read_data(other, ahead=1).series.remark) == ("date", None)


def test_cells_that_are_alike_are_counted(table):
    path = table("time,x,word", [f"{day:02}.02.2025" for day in range(1, 11)], range(10), "abcdefghij")
    for options, last in (({"x": "x", "time": "time"}, "04.02"), ({"x": "word"}, "'d'")):
        with pytest.raises(
            gn.DataError, match=r"10 problems in the file:\n(.*\n){3}  - and 7 more like these$"
        ) as error:
            read_data(path, ahead=1, **options)
        assert last not in str(error.value)
    with pytest.raises(
        gn.DataError, match=r"'01.02.2025' is neither .*; pandas.to_datetime\(..., dayfirst=True\) makes"
    ):
        read_data(path, x="x", ahead=1, time="time")
    backwards = table("time,x", range(9, 0, -1), range(9))
    with pytest.raises(gn.DataError, match=r"8 problems in the file:\n(.*\n){3}  - and 5 more like these$"):
        read_data(backwards, window=1, ahead=1)


def test_gaps_are_remarked(table):
    hours = [f"2001-05-01T{hour:02}:00" for hour in range(24) if hour not in (20, 21)]
    remark = read_data(table("date,x", hours, range(22)), ahead=1).series.remark
    assert remark.startswith(
        "column 'date' goes in steps of 1:00:00, with 1 gap, the first before line 22 (2001-05-01T22:00)"
    )
    assert remark.endswith("insert those that are missing with empty cells, and allow these with missing= (--missing)")
    masked = read_data(table("date,x", hours, range(22)), ahead=1, missing="mask").series.remark
    assert masked.endswith("rows are taken as equal steps: insert those that are missing with empty cells")
    days = [f"2001-05-{day:02}" for day in range(1, 25) if day != 20]
    cells = [*range(11), "", *range(11)]
    remark = read_data(table("date,x", days, cells), ahead=1, missing="drop").series.remark
    assert "goes in steps of 1 day, with 1 gap, the first before line 21 (2001-05-21)" in remark
    years = [*range(1700, 1720), 1730]
    remark = read_data(table("year,x", years, range(21)), ahead=1).series.remark
    assert "goes in steps of 1, with 1 gap, the first before line 22 (1730)" in remark
    months = [f"2001-{month:02}-01" for month in range(1, 13)]
    assert read_data(table("date,x", months, range(12)), ahead=1).series.remark is None
