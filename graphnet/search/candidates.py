"""Candidates: what the options of a trial make, a network and the settings of its fit."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import networkx as nx
import numpy as np

from .. import graphs
from ..errors import DataError
from ..graphs.kinds import FROM_DATA, kinds, parameters_of
from ..language.brief import one_line
from ..language.checks import reject
from ..language.registry import Named, settings_of
from ..language.table import GraphTable
from ..losses import CountedLoss, resolve_loss
from ..network.network import Network
from ..network.network import compile as compile_graph
from ..train.data import check_sequences, split_validation
from ..train.fit import fit
from ..train.history import History
from ..train.settings import FitSettings
from .options import OF_COMPILE, OF_DATA, REWIRED, STANDARDIZE, Options, check_make, is_elsewhere
from .sizes import sizes_of
from .space import Space


@dataclass(frozen=True, eq=False)
class Problem:
    """All that a trial needs beside its options: the space, what all trials share, and the data.

    Attributes
    ----------
    make : str, function or drawing
    space : dict
    fixed : dict
        Options that all trials share; those of a trial come on top.
    inputs, targets, lengths, weights, validation
        The data, as `fit` takes them.
    sizes : (n_inputs, n_outputs), or None
        Of a network for the data, where ``make`` is a kind.
    """

    make: Any
    space: Space
    fixed: Mapping[str, Any]
    inputs: Any
    targets: Any
    lengths: Any
    weights: Any
    validation: Any
    sizes: tuple[int, int] | None

    __repr__ = one_line

    def options_of(self, point: Mapping[str, Any]) -> dict[str, Any]:
        """Return the options of a point of the space, as a study stores it."""
        return {name: each.value_of(point[name]) for name, each in self.space.items()}

    def graph(self, options: Mapping[str, Any], seed: int) -> Any:
        """Return the drawing."""
        given = {**self.fixed, **options}
        rewiring = {name.partition(".")[2]: given[name] for name in REWIRED if given.get(name) is not None}
        own = {name: value for name, value in given.items() if not is_elsewhere(name)}
        if isinstance(self.make, nx.DiGraph | GraphTable):
            graph = self.make
        else:
            function, known = self.function(own.pop("kind", None) if isinstance(self.make, str) else None)
            if "seed" in known and own.get("seed") is None:
                own["seed"] = seed
            if isinstance(self.make, str):
                assert self.sizes is not None
                own |= dict(zip(FROM_DATA, self.sizes, strict=True))
            graph = function(**own)
        if "keep" in rewiring:
            graph = graphs.rewired(graph, **{"seed": seed, **rewiring})
        if given.get(STANDARDIZE):
            loss = resolve_loss(given.get("loss", "mse"))
            targets = None
            if isinstance(loss, CountedLoss) and loss.has_unit:
                targets = loss.by_output(np.asarray(self.targets))
            graph = graphs.standardized(graph, self.inputs, targets, lengths=self.lengths, weights=self.weights)
        return graph

    def function(self, kind: str | None = None) -> tuple[Any, Mapping[str, inspect.Parameter]]:
        """Return the function that draws, and its parameters."""
        function = kinds()[kind or self.make] if isinstance(self.make, str) else self.make
        return function, parameters_of(function)

    def network(self, graph: Any, options: Mapping[str, Any], seed: int) -> Network:
        """Return the network of a drawing that `graph` returned."""
        given = {**self.fixed, **options}
        return compile_graph(graph, seed=seed, **{name: given[name] for name in OF_COMPILE if name in given})

    def settings(self, options: Mapping[str, Any], seed: int) -> FitSettings:
        """Return the settings of the fit."""
        names = {each.name for each in fields(FitSettings)}
        given = {**self.fixed, **options}
        found = {name: value for name, value in given.items() if name in names}
        for name, value in given.items():
            whole, _, part = name.partition(".")
            if part and whole in names:
                found[whole] = {**_as_mapping(whole, found.get(whole)), part: value}
        return FitSettings(**{**found, "seed": seed, "validation": self.validation})

    def fit(self, options: Mapping[str, Any], seed: int, **more: Any) -> tuple[Any, Network, History]:
        """Train the network of some options; return the drawing, the network and the history."""
        graph = self.graph(options, seed)
        net = self.network(graph, options, seed)
        settings = self.settings(options, seed)
        given = {each.name: getattr(settings, each.name) for each in fields(settings)}
        history = fit(
            net,
            self.inputs,
            self.targets,
            lengths=self.lengths,
            weights=self.weights,
            **{**given, "progress": False, **more},
        )
        return graph, net, history

    def check(self, points: Iterable[Mapping[str, Any]], seed: int) -> None:
        """Raise the error of the first of some points if all of them fail before their first update."""
        first: ValueError | None = None
        for point in points:
            try:
                options = self.options_of(point)
                settings = self.settings(options, seed)
                net = self.network(self.graph(options, seed), options, seed)
                loss = resolve_loss(settings.loss)
                data = check_sequences(net, loss, self.inputs, self.targets, self.lengths, self.weights)
                split_validation(net, loss, data, self.validation, settings.generator(0), contiguous=settings.stateful)
            except ValueError as error:  # a DataError or a GraphError
                first = first or error
            else:
                return
        if first is not None:
            raise first


def read_problem(
    make: Any, space: Space, inputs: Any, targets: Any, validation: Any, fixed: Mapping[str, Any]
) -> Problem:
    """Return the problem; raise a DataError that lists every option that does not fit."""
    data = {name: fixed.get(name) for name in OF_DATA}
    fixed = {name: value for name, value in fixed.items() if name not in OF_DATA}
    if validation is None:
        raise DataError("validation: None; trials are compared on data that they were not trained on")
    problem = Problem(make, space, fixed, inputs, targets, **data, validation=validation, sizes=None)
    check_make(make)
    Options(make, space, fixed).check()
    if isinstance(make, str):
        others = validation[1] if isinstance(validation, tuple) and len(validation) > 1 else None
        sizes = sizes_of(inputs, targets, data["lengths"], fixed.get("loss", "mse"))
        if others is not None and np.asarray(others).dtype.kind in "iu":
            loss, of_others = fixed.get("loss", "mse"), [*validation, None, None]
            sizes = sizes[0], max(sizes[1], sizes_of(of_others[0], others, of_others[2], loss)[1])
        problem = replace(problem, sizes=sizes)
    _check_values(problem)
    return problem


def _check_values(problem: Problem) -> None:
    """Raise a DataError that lists every value which a setting of a fit does not take."""
    of_fits = {each.name for each in fields(FitSettings)} - {"seed"}
    base = {name: each.examples()[0] for name, each in problem.space.items()}
    problem.settings({}, 0)
    problems: list[str] = []
    for name, each in problem.space.items():
        if name.partition(".")[0] not in of_fits:
            continue
        for value in each.examples():
            try:
                problem.settings({**base, name: value}, 0)
            except DataError as error:
                problems += [line for line in str(error).splitlines() if line not in problems]
    reject(f"space: {said.removeprefix('  - ')}" for said in problems)


def _as_mapping(name: str, given: Any) -> dict[str, Any]:
    """Return a setting that has parts, such as an optimizer, as a mapping."""
    (setting,) = (each for each in fields(FitSettings) if each.name == name)
    kind, value = setting.metadata["kind"], setting.default if given is None else given
    if not isinstance(kind, Named):
        raise DataError(f"{name}: it has no parts")
    if isinstance(value, str):
        return {"name": value}
    return dict(value) if isinstance(value, Mapping) else settings_of(value, kind.resolve)
