"""The repr of every public class is one line of bounded length, however large what it holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import is_dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import networkx as nx
import numpy as np
import pytest

import graphnet as gn
from graphnet.language.brief import one_line
from graphnet.testing.property_cases import Case

N = 250
LONGEST = 1000


def large() -> Iterator[tuple[str, Any]]:
    """Yield objects of the public classes, each with a thousand items or more."""
    table = gn.graphs.from_matrix(np.ones((N, N)), w_in=np.ones((N, 1)), delay_class=np.arange(N))
    net = gn.compile(table, seed=0)
    inputs, targets = np.zeros((1000, 2, 1)), np.zeros((1000, 2, N))
    yield "GraphTable", table
    yield "Network", net
    yield "Run", net.run(inputs, record=[("hidden", i) for i in range(N)], return_state=True)
    yield "State", net.state(1000)
    yield "Simulator", net.simulator(1000)
    yield "Feedback", gn.feedback(table)
    yield (
        "FitSettings",
        gn.FitSettings(validation=(inputs, targets), loss={"name": "cross_entropy", "class_weights": [1.0] * N}),
    )
    yield "History", gn.fit(net, inputs[:1], targets[:1], epochs=50)
    yield "ParameterTable", net.parameter_table()
    yield "ParameterRow", net.parameter_table()[0]._replace(key=tuple(range(1000)))
    yield "Cotangents", net.vjp(inputs, targets)
    yield "Matrices", net.matrices()
    yield "Program", net.program
    yield "Column", table.edge_columns["weight"]
    yield "Data", gn.io.Data(inputs, targets, np.full(1000, 2), np.ones(1000))
    yield "Weighted", gn.losses.Weighted("mse", np.ones(1000))
    yield "CrossEntropy", gn.losses.CrossEntropy([1.0] * 1000)
    yield "Case", Case(nx.DiGraph([(i, i + 1) for i in range(1000)]), inputs, None, 0)
    yield "Estimate", net.estimate(1, 1)
    yield "Spectrum", gn.analysis.spectrum(net)
    graphs = {f"graph {i}": gn.graphs.direct(1, 1, 1) for i in range(N)}
    yield "Comparison", gn.analysis.compare(graphs, lambda graph, seed: 0.0, seeds=1, against="graph 0")
    yield (
        "GraphClassifier",
        gn.GraphClassifier(table, validation=(inputs, targets), loss={"class_weights": [1.0] * 1000}),
    )
    yield "GraphRegressor", gn.GraphRegressor(options={f"option {i}": i for i in range(1000)})
    yield "GraphForecaster", gn.GraphForecaster(horizon=list(range(1, 1000)))
    for module in ("losses", "optimizers", "schedules", "initializers"):
        for name, made in getattr(getattr(gn, module), module.upper()).items():
            yield f"{module}.{name}", made() if isinstance(made, type) else made


OBJECTS = list(large())
IDS = [f"{name}-{type(made).__name__}" for name, made in OBJECTS]


@pytest.mark.parametrize("made", [made for _, made in OBJECTS], ids=IDS)
def test_a_repr_is_one_short_line(made: Any) -> None:
    text = repr(made)
    assert len(text) <= LONGEST
    assert "\n" not in text


def test_every_public_class_is_tried() -> None:
    classes = {name for name in gn.__all__ if isinstance(getattr(gn, name), type)}
    exceptions = {name for name in classes if issubclass(getattr(gn, name), Exception)}
    assert classes - exceptions - {name for name, _ in OBJECTS} == {"RunFolder"}


def test_a_run_folder_is_one_short_line(tmp_path: Any) -> None:
    net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0)
    gn.fit(net, np.zeros((4, 2, 1)), np.zeros((4, 2, 1)), epochs=1, run=tmp_path / "run")
    text = repr(gn.open_run(tmp_path / "run"))
    assert len(text) <= LONGEST
    assert "\n" not in text


def test_records_that_are_written_in_one_line_have_fields() -> None:
    found = 0
    for module in walk_packages(gn.__path__, "graphnet."):
        if ".torch" in module.name or "kernels" in module.name:
            continue
        for made in vars(import_module(module.name)).values():
            if not isinstance(made, type) or not made.__module__.startswith("graphnet"):
                continue
            assert callable(made.__repr__), made
            if vars(made).get("__repr__") is one_line:
                found += 1
                assert is_dataclass(made) or hasattr(made, "_fields"), made
    assert found > 20
