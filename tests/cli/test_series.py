"""Tables of series on the command line: windows, horizons, what is held out, and the simple forecasts beside."""

from __future__ import annotations

import csv
import json
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

import graphnet as gn
from graphnet import io

N = 60


@pytest.fixture
def table(here):
    """``hourly.csv``: hours from May 2001 on, a load near 1000 and the wind, with gaps; ``net.json`` for it, masked."""
    rng = np.random.default_rng(0)
    load, wind = 1000 + 50 * np.sin(np.arange(N) / 4), rng.normal(size=N)
    cells = [[f"{value:.2f}" for value in column] for column in (load, wind)]
    cells[0][7] = cells[1][3] = cells[1][30] = ""
    hours = [(datetime(2001, 5, 1) + timedelta(hours=i)).isoformat() for i in range(N)]
    rows = zip(hours, *cells, strict=True)
    Path("hourly.csv").write_text("\n".join(["date,load,wind", *map(",".join, rows)]) + "\n")
    gn.write_graph(gn.graphs.elman(4, 5, 2), "net.json")
    return "hourly.csv"


CHOICE = ["--x", "load", "--x", "wind", "--y", "load", "--ahead", 1, "--ahead", 3, "--window", 6, "--missing", "mask"]
COLUMNS = {"x": ["load", "wind"], "y": ["load"], "ahead": [1, 3], "window": 6, "missing": "mask"}
SETTINGS = ["--epochs", 2, "--seed", 0, "--standardize"]


@pytest.fixture
def run(call, table):
    """``run``, trained on the first two days, with a fifth held out."""
    limits = ["--where", "date<2001-05-03", "--validation", 0.2]
    result = call("train", "net.json", table, "-o", "run", *CHOICE, *SETTINGS, *limits)
    assert result.code == 0, result.err
    return "run"


def test_a_run_of_windows_is_that_of_python(call, run, table):
    data = io.read_data(table, **COLUMNS, where="date<2001-05-03")
    early, late = data.split(0.2)
    graph = gn.graphs.standardized(gn.read_graph("net.json"), early.x, early.y)
    net = gn.compile(graph, seed=0)
    gn.fit(net, early.x, early.y, validation=(late.x, late.y), epochs=2, seed=0)
    assert gn.open_run(run).network().parameters.tobytes() == net.parameters.tobytes()
    settings = gn.open_run(run).settings["about"]
    assert {name: settings[name] for name in COLUMNS} == COLUMNS
    assert settings["outputs"] == ["load+1", "load+3"]


def test_evaluate_keeps_windows_horizons_and_missing_cells(call, run, table):
    found = call("evaluate", run, table, "--count", "date>=2001-05-03", "--json").json()
    data = io.read_data(table, **COLUMNS, count="date>=2001-05-03")
    assert found["samples"] == len(data.x) == 12 - 2
    assert found["loss"] == pytest.approx(gn.evaluate(gn.open_run(run).network(), data.x, data.y)["loss"])
    assert [(row["target"], row["ahead"], row["steps"]) for row in found["compared"]] == [
        ("load", 1, 10),
        ("load", 3, 10),
    ]
    other = call("evaluate", run, table, "--ahead", 3, "--ahead", 1)
    assert other.code == 3
    assert "its outputs are load+1, load+3, in this order, and those of hourly.csv are load+3, load+1" in other.err
    one = call("evaluate", run, table, "--stride", 4, "--json").json()
    assert one["samples"] == len(io.read_data(table, **COLUMNS, stride=4).x)


def test_a_result_is_compared_with_simple_forecasts(call, run, table):
    shown = call("evaluate", run, table, "--count", "date>=2001-05-03")
    baselines = gn.analysis.Baselines.from_dict(gn.open_run(run).settings["about"]["baselines"])
    data = io.read_data(table, **COLUMNS, count="date>=2001-05-03")
    row = baselines.compare(gn.open_run(run).network(), data).iloc[0]
    lines = dict(line.split("  ", 1) for line in shown.out.splitlines())
    assert lines["compared over"].strip() == "10 steps"
    assert lines["load+1"].strip() == (
        f"rmse {row['rmse']:.4g}; persistence {row['persistence']:.4g}; "
        f"AR({row['order']}) {row['autoregression']:.4g}; mean {row['mean']:.4g}"
    )


def test_baselines_are_fitted_to_what_is_trained_on(run, table):
    early, _ = io.read_data(table, **COLUMNS, where="date<2001-05-03").split(0.2)
    expected = gn.analysis.Baselines.fit(early).to_dict()
    assert gn.open_run(run).settings["about"]["baselines"] == json.loads(json.dumps(expected))


def test_predict_writes_times_and_names_of_targets_with_horizons(call, run, table):
    assert call("predict", run, table, "-o", "out.csv").code == 0
    with Path("out.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["sequence", "step", "date", "load+1", "load+3"]
    assert len(rows) == N - 5
    assert (rows[0]["step"], rows[0]["date"]) == ("5", "2001-05-01T05:00:00")
    assert (rows[-1]["step"], rows[-1]["date"]) == (str(N - 1), "2001-05-03T11:00:00")
    data = io.read_data(table, **COLUMNS, targets=False)
    outputs = gn.open_run(run).network().run(data.x)[:, -1]
    assert [float(row["load+3"]) for row in rows] == outputs[:, 1].tolist()
    assert call("predict", run, table, "-o", "out.npz").code == 0
    with np.load("out.npz") as arrays:
        assert arrays["outputs"].tobytes() == outputs.tobytes()
        assert arrays["outputs"].shape == (N - 5, 1, 2)
        assert arrays["output_nodes"].tolist() == ["load+1", "load+3"]
        assert arrays["times"][-1].tolist() == ["2001-05-03T11:00:00"]


def test_evaluate_says_where_rows_of_the_training_are_measured(call, run, table):
    whole = call("evaluate", run, table)
    assert whole.code == 0
    assert whole.err.endswith(
        "note: hourly.csv: rows of the training are among these; --count 'date>=2001-05-03' chooses others\n"
    )
    for options in (["--count", "date>=2001-05-03"], ["--where", "date>=2001-05-01"]):
        assert "rows of the training" not in call("evaluate", run, table, *options).err
    Path("other.csv").write_text(Path(table).read_text())
    assert "rows of the training" not in call("evaluate", run, "other.csv").err
    fraction = call("train", "net.json", table, "-o", "fraction", *CHOICE, *SETTINGS, "--validation", 0.2)
    assert "  graphnet evaluate fraction hourly.csv\n" in fraction.err
    assert "--count or --where chooses others" in call("evaluate", "fraction", table).err
    assert call("train", "net.json", table, "-o", "all", *CHOICE, *SETTINGS).code == 0
    assert "rows of the training" not in call("evaluate", "all", table).err


def test_the_next_command_measures_what_the_training_left_out(call, table):
    for limit, expected in (
        (["--where", "date<2001-05-03"], " --count 'date>=2001-05-03'"),
        (["--where", "date<=2001-05-03"], " --count 'date>2001-05-03'"),
        (["--where", "date<2002-01-01"], ""),
        (["--where", "date<2001-05-03", "--count", "date>2001-05-01"], ""),
    ):
        result = call("train", "net.json", table, "-o", f"run{expected}{len(limit)}", *CHOICE, *SETTINGS, *limit)
        (line,) = [each for each in result.err.splitlines() if each.startswith("  graphnet evaluate ")]
        assert line.endswith(f" hourly.csv{expected}")


def test_the_best_run_of_a_sweep_is_compared_with_simple_forecasts(call, table):
    pytest.importorskip("optuna")
    space = ["--set-space", "n_hidden=2,3", "--sampler", "grid"]
    limits = ["--where", "date<2001-05-03", "--validation", 0.2]
    result = call("sweep", "elman", table, "-o", "sweep", *CHOICE, *space, *limits, "--standardize", "--epochs", 1)
    assert result.code == 0, result.err
    early, late = io.read_data(table, **COLUMNS, where="date<2001-05-03").split(0.2)
    best = gn.open_run("sweep/best")
    assert best.settings["about"]["baselines"] == json.loads(json.dumps(gn.analysis.Baselines.fit(early).to_dict()))
    rows = gn.analysis.Baselines.fit(early).compare(best.network(), late)
    lines = dict(line.split("  ", 1) for line in result.out.splitlines() if "  " in line)
    assert lines["compared over"].strip() == f"{len(late.x)} steps held out"
    assert lines["load+1"].strip().startswith(f"rmse {rows['rmse'][0]:.4g}; persistence {rows['persistence'][0]:.4g}; ")
    written = Path("sweep/best/network.safetensors").stat().st_mtime_ns
    measured = call("evaluate", "sweep/best", table, "--count", "date>=2001-05-03", "--json").json()
    assert [row["ahead"] for row in measured["compared"]] == [1, 3]
    again = call(
        "sweep", "elman", table, "-o", "sweep", *CHOICE, *space, *limits, "--standardize", "--epochs", 1, "--json"
    )
    assert again.json()["compared"] == json.loads(json.dumps(rows.to_dict("records")))
    assert Path("sweep/best/network.safetensors").stat().st_mtime_ns == written  # it is not trained again


@pytest.fixture
def drawn(monkeypatch):
    """What is given to ``gn.plots.predictions``, call by call."""
    pytest.importorskip("matplotlib")
    calls, draw = [], gn.plots.predictions

    def record(*arguments, **keywords):
        calls.append((arguments, keywords))
        return draw(*arguments, **keywords)

    monkeypatch.setattr(gn.plots, "predictions", record)
    return calls


def test_forecasts_of_windows_are_drawn_at_their_ends(call, run, table, drawn):
    held_out = ["--count", "date>=2001-05-03"]
    assert call("evaluate", run, table, *held_out, "--plot", "out.png").code == 0
    plot = ["plot", "predictions", run, table, *held_out, "-o", "out.png"]
    assert call(*plot).code == 0
    data = io.read_data(table, **COLUMNS, count="date>=2001-05-03")
    for (_, x, y), keywords in drawn:
        assert (x.tolist(), y.tolist()) == (data.x.tolist(), data.y.tolist())
        ends = data.series.times[data.series.ends].tolist()
        assert keywords["steps"].astype("datetime64[s]").astype(str).tolist() == ends
        assert (keywords["names"], keywords["output"]) == (["load+1", "load+3"], ["load+1"])
    assert call(*plot, "--node", "load+3").code == 0
    assert drawn[-1][1]["output"] == ["load+3"]
    assert call(*plot, "--node", "('output', 1)").code == 0
    assert drawn[-1][1]["output"] == [("output", 1)]
    assert "'load+9' is not a node of the graph; similar nodes are load+" in call(*plot, "--node", "load+9").err
    assert call(*plot, "--sample", 2).code == 0
    assert (drawn[-1][1]["sample"], "steps" in drawn[-1][1], drawn[-1][1]["names"]) == (2, False, ["load+1", "load+3"])
    assert call(*plot, "--time", "none").code == 0
    assert drawn[-1][1]["steps"].tolist() == data.series.ends.tolist()
    first, *rows = Path(table).read_text().splitlines()
    two = [f"{'ab'[i // 30]},{row}" for i, row in enumerate(rows)]
    Path("two.csv").write_text("\n".join([f"sequence,{first}", *two]) + "\n")
    assert call("plot", "predictions", run, "two.csv", "-o", "out.png").code == 0
    assert drawn[-1][1]["steps"].tolist() == io.read_data("two.csv", **COLUMNS).series.ends.tolist()


def test_resume_holds_out_the_same(call, run, table):
    limits = ["--where", "date<2001-05-03", "--validation", 0.2]
    assert call("train", "net.json", table, "-o", "long", *CHOICE, *SETTINGS, *limits, "--epochs", 4).code == 0
    result = call("resume", run, "--set", "epochs=4")
    assert result.code == 0, result.err
    assert "compared over" in result.out
    one, other = (gn.open_run(name).network().parameters for name in (run, "long"))
    assert one.tobytes() == other.tobytes()


def test_one_series_holds_out_its_last_steps(call, table):
    gn.write_graph(gn.graphs.elman(1, 3, 1), "one.json")
    options = ["--x", "wind", "--ahead", 1, "--missing", "forward", "--epochs", 1, "--seed", 0]
    result = call("train", "one.json", table, "-o", "one", *options, "--validation", 0.2)
    assert result.code == 0, result.err
    assert "11 steps held out" in result.out
    _, late = io.read_data(table, x="wind", ahead=1, missing="forward").split(0.2)
    net = gn.open_run("one").network()
    expected = gn.evaluate(net, late.x, late.y, weights=late.weights)["loss"]
    assert gn.open_run("one").rows()[-1]["validation_loss"] == pytest.approx(expected)
    assert call("resume", "one", "--set", "epochs=2").code == 0
    again = call("train", "--config", "one/settings.json", "-o", "again")
    assert again.code == 0, again.err
    assert gn.open_run("again").rows()[0]["loss"] == gn.open_run("one").rows()[0]["loss"]


def test_standardize_is_suggested_once_where_the_scale_asks_for_it(call, table):
    result = call("train", "net.json", table, "-o", "run", *CHOICE, "--epochs", 1, "--seed", 0)
    notes = [line for line in result.err.splitlines() if "--standardize computes" in line]
    assert len(notes) == 1
    assert "hourly.csv: column 'load' has mean 1005 and deviation 35." in notes[0]
    assert "2 of 2 outputs are no better than the mean of the training (load: " in result.err
    quiet = call("--quiet", "train", "net.json", table, "-o", "quiet", *CHOICE, "--epochs", 1, "--seed", 0)
    assert quiet.err == ""
    done = call("train", "net.json", table, "-o", "done", *CHOICE, *SETTINGS)
    assert "--standardize computes" not in done.err
    more = call("train", "done", table, "-o", "more", *CHOICE, "--epochs", 1, "--seed", 0)
    assert (more.code, "--standardize computes" in more.err) == (0, False)


def test_horizons_in_a_file_of_settings(call, table):
    Path("settings.toml").write_text('x = ["load", "wind"]\nahead = [1, 3]\nwindow = 6\nmissing = "mask"\n')
    shown = call("train", "--config", "settings.toml", "--print-config").out
    assert "ahead = [1, 3]" in shown
    assert "window = 6" in shown
    assert "ahead = 2" in call("train", "--config", "settings.toml", "--ahead", 2, "--print-config").out
    Path("wrong.toml").write_text('ahead = ["1"]\nmissing = "zero"\nwindow = 0\n')
    wrong = call("train", "--config", "wrong.toml", "--print-config")
    assert wrong.code == 3
    assert "ahead: ['1']; must be a whole number, or a list of them" in wrong.err
    assert "missing: 'zero' is not one of" in wrong.err


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (["--ahead", 90], "hourly.csv: the series has 60 steps, and window=6 and ahead=90 take 96 at least"),
        (["--window", 70], "hourly.csv: the series has 60 steps, and window=70 and ahead=3 take 73 at least"),
        (["--time", "hour"], "hourly.csv: there is no column 'hour'"),
        (["--x", "wind", "--x", "load", "--x", "wind"], "hourly.csv: x names column 'wind' twice"),
        (["--missing", "forward"], "net.json: the drawing has 4 inputs, and the table asks for 2: load, wind"),
        (["--ahead", 5], "net.json: the drawing has 2 outputs, and the table asks for 3: load+1, load+3, load+5"),
        (["--where", "date>2001-06"], "where='date>2001-06': '2001-06' is neither a number nor an ISO date"),
        (["--where", "date>2002-01-01"], "it goes from 2001-05-01T00:00:00 to 2001-05-03T11:00:00"),
    ],
)
def test_what_does_not_fit_is_one_line(call, table, options, says):
    choice = CHOICE[4:] if "--x" in options else CHOICE
    result = call("train", "net.json", table, "-o", "run", *choice, *SETTINGS, *options)
    assert (result.code, result.out) == (3, "")
    assert says in result.err
    assert not Path("run").exists()


def test_an_empty_column_and_times_that_go_back(call, table):
    lines = Path(table).read_text().splitlines()
    Path("empty.csv").write_text("\n".join([lines[0], *(line.rsplit(",", 1)[0] + "," for line in lines[1:])]))
    result = call("train", "net.json", "empty.csv", "-o", "run", *CHOICE, *SETTINGS)
    assert (result.code, result.err) == (
        3,
        "graphnet: error: empty.csv: column 'wind': nothing is there in any of 60 rows, from line 2 on\n",
    )
    Path("back.csv").write_text("\n".join([*lines[:3], lines[1], *lines[3:]]))
    result = call("train", "net.json", "back.csv", "-o", "run", *CHOICE, *SETTINGS)
    assert (result.code, len(result.err.splitlines())) == (3, 1)
    assert "back.csv: line 4, column 'date': 2001-05-01T00:00:00 is before the time of line 3" in result.err
    plain = ["--x", "load", "--ahead", 1, "--where", "load>0"]
    assert call("train", "net.json", "back.csv", "-o", "run", *plain).code == 3  # missing cells, as ever


def test_numbers_of_whole_sequences_are_not_compared(call, here):
    Path("whole.csv").write_text("sequence,x,y\na,1,\na,2,0.5\nb,3,\nb,4,1.5\n")
    gn.write_graph(gn.graphs.elman(1, 2, 1), "one.json")
    result = call("train", "one.json", "whole.csv", "-o", "run", "--epochs", 1, "--seed", 0)
    assert result.code == 0, result.err
    assert "compared over" not in result.out
    assert call("evaluate", "run", "whole.csv", "--json").json().keys().isdisjoint({"compared"})


@pytest.mark.parametrize("value", ["inf", "1e300"])
def test_numbers_without_a_square(call, here, value):
    Path("large.csv").write_text("x\n" + "\n".join(["1", "2", value, "3", "4", "5", "6"]) + "\n")
    gn.write_graph(gn.graphs.elman(1, 2, 1), "one.json")
    result = call("train", "one.json", "large.csv", "-o", "run", "--ahead", 1, "--epochs", 1, "--seed", 0)
    assert (result.code, "Traceback" in result.err) == (3 if value == "inf" else 4, False)
    assert value != "inf" or "large.csv: inputs at sample 0, step 2, column 0: inf is not a finite number" in result.err


def test_gaps_in_times_are_noted(call, table):
    lines = Path(table).read_text().splitlines()
    Path("gap.csv").write_text("\n".join([*lines[:40], *lines[45:]]))
    result = call("train", "net.json", "gap.csv", "-o", "run", *CHOICE, *SETTINGS)
    assert result.code == 0
    assert "note: gap.csv: column 'date' goes in steps of 1:00:00, with 1 gap, the first before line 41" in result.err
