"""Candidates: what the options of a trial make, a network and the settings of its fit."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import networkx as nx
import numpy as np

from .. import graphs
from ..errors import DataError, quoted
from ..language.brief import one_line
from ..language.checks import reject, shown
from ..language.nearest import did_you_mean
from ..language.registry import Named, settings_of
from ..language.table import GraphTable
from ..losses import CountedLoss, resolve_loss
from ..network.network import Network
from ..network.network import compile as compile_graph
from ..train.data import check_sequences, split_validation
from ..train.fit import fit
from ..train.history import History
from ..train.settings import FitSettings
from .kinds import FROM_DATA, kinds, parameters_of, sizes_of
from .space import Space

OF_COMPILE = ("dtype", "dt", "initializer", "backend")
OF_DATA = ("lengths", "weights")
REWIRED = ("rewired.keep", "rewired.within", "rewired.seed")
STANDARDIZE = "standardize"
ELSEWHERE = {
    "run": "a sweep keeps no run of each trial; gn.search.fit_best(run=...) trains the best one again",
    "about": "it belongs to a run; gn.search.fit_best(about=...) takes it",
    "callback": "a sweep has its own, which prunes",
    "progress": "a sweep logs a line a trial to the logger 'graphnet'",
    "seed": "seeds= says the seeds of the fits, seed= that of the search",
    "validation": "validation= of the sweep says it, the same for all trials",
    "loss": "scores of different losses do not compare; give it as loss=, the same for all trials",
}
"""Names of `fit` that are no options of a trial, and why not."""
GIVEN = ("loss",)
"""Those of them that all trials share, and that are given beside the space."""


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
        own = {name: value for name, value in given.items() if not _is_elsewhere(name)}
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
    _check_make(make)
    reject(list(_problems(problem)) or _missing(problem))
    if isinstance(make, str):
        others = validation[1] if isinstance(validation, tuple) and len(validation) > 1 else None
        sizes = sizes_of(inputs, targets, data["lengths"], fixed.get("loss", "mse"))
        if others is not None and np.asarray(others).dtype.kind in "iu":
            loss, of_others = fixed.get("loss", "mse"), [*validation, None, None]
            sizes = sizes[0], max(sizes[1], sizes_of(of_others[0], others, of_others[2], loss)[1])
        problem = replace(problem, sizes=sizes)
    _check_values(problem)
    return problem


def _check_make(make: Any) -> None:
    if isinstance(make, nx.DiGraph | GraphTable) or (callable(make) and not isinstance(make, type)):
        return
    known = kinds()
    if isinstance(make, str) and make in known:
        return
    hint = did_you_mean(make, known) if isinstance(make, str) else ""
    what = quoted(make) if isinstance(make, str) else f"a {type(make).__name__}"
    raise DataError(
        f"make: {what}{hint or '; must be a function of options that returns a graph, a drawing, or a kind of drawing'}"
        f"{'; there are' if hint else ':'} {', '.join(known)}"
    )


def _problems(problem: Problem) -> Iterator[str]:
    """Yield what is wrong with the names of options."""
    for name in problem.space:
        if name in problem.fixed and name not in ELSEWHERE:
            yield f"space: {name} is given as {name}={shown(problem.fixed[name])} too; leave one of the two out"
    for where, names in (("space: ", list(problem.space)), ("", list(problem.fixed))):
        for name in names:
            whole = name.partition(".")[0]
            if whole in ELSEWHERE and not (not where and whole in GIVEN) and not _takes(problem, name):
                yield f"{where}{name}: {ELSEWHERE[whole]}"
            elif not _is_elsewhere(name):
                yield from _problem_of_option(problem, where, name)
    if "rewired.keep" not in {**problem.space, **problem.fixed}:
        for name in REWIRED[1:]:
            if name in problem.space or name in problem.fixed:
                yield f"{name}: what is kept is not said; give rewired.keep, such as 'degree'"


def _takes(problem: Problem, name: str) -> bool:
    """Return True if a function that is given has a parameter of this name, which then is the function's."""
    return (
        name == "seed"
        and not isinstance(problem.make, nx.DiGraph | GraphTable)
        and any(name in known for _, known in _functions(problem))
    )


def _functions(problem: Problem) -> list[tuple[str, Mapping[str, inspect.Parameter]]]:
    """Return the name and the parameters of each function that may draw."""
    if isinstance(problem.make, nx.DiGraph | GraphTable):
        return []
    if not isinstance(problem.make, str):
        return [(getattr(problem.make, "__name__", type(problem.make).__name__), problem.function()[1])]
    said = problem.space["kind"].examples() if "kind" in problem.space else [problem.fixed.get("kind", problem.make)]
    return [(kind, problem.function(kind)[1]) for kind in said if isinstance(kind, str) and kind in kinds()]


def _problem_of_option(problem: Problem, where: str, name: str) -> Iterator[str]:
    """Yield what is wrong with the name of an option of the drawing."""
    of_fits = [each.name for each in fields(FitSettings) if each.name not in ELSEWHERE]
    others = [*of_fits, *OF_COMPILE, *REWIRED, STANDARDIZE]
    if isinstance(problem.make, nx.DiGraph | GraphTable):
        hint = did_you_mean(name, others) or f"; there are {', '.join(others)}"
        yield f"{where}{name}: no setting of a fit, and a drawing has no options{hint}"
        return
    if name == "kind" and isinstance(problem.make, str):
        said = problem.space["kind"].examples() if where else [problem.fixed["kind"]]
        for kind in said:
            if kind not in kinds():
                hint = did_you_mean(kind, kinds()) or f"; there are {', '.join(kinds())}"
                yield f"{where}kind: {shown(kind)} is no kind of drawing{hint}"
        return
    for function, known in _functions(problem):
        if any(each.kind is each.VAR_KEYWORD for each in known.values()):
            continue
        if name in FROM_DATA and isinstance(problem.make, str):
            yield f"{where}{name}: it comes from the data; leave it out"
            return
        if name not in known:
            own = [each for each in known if each not in FROM_DATA or not isinstance(problem.make, str)]
            hint = did_you_mean(name, [*own, *others])
            hint = hint or f"; {function} takes {', '.join(own) or 'none'}, and a fit {', '.join(of_fits)}"
            yield f"{where}{name}: neither an option of {function} nor a setting of a fit{hint}"


def _missing(problem: Problem) -> Iterator[str]:
    """Yield options that a function needs and nobody gives."""
    given = {*problem.space, *problem.fixed, "seed"}
    for function, known in _functions(problem):
        own = FROM_DATA if isinstance(problem.make, str) else ()
        for name, each in known.items():
            needs = each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
            if needs and name not in own and name not in given:
                yield f"{function} needs {name}: give it as {name}=..., or put it into the space"


def _is_elsewhere(name: str) -> bool:
    """Return True if an option is not one of the function that draws."""
    names = {each.name for each in fields(FitSettings)} - {"seed"}
    is_part = name.partition(".")[0] in names and "." in name
    return name in names or is_part or name in (*OF_COMPILE, *REWIRED, STANDARDIZE)


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
