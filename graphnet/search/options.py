"""Names of options: those of a fit, of `compile`, of a rewiring and of what draws, and those that do not exist."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any

import networkx as nx

from ..errors import DataError, quoted
from ..graphs.kinds import FROM_DATA, kinds, parameters_of
from ..language.brief import one_line
from ..language.checks import reject, shown
from ..language.nearest import did_you_mean
from ..language.table import GraphTable
from ..train.settings import FitSettings
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


def check_make(make: Any) -> None:
    """Raise a DataError for what draws nothing: no kind, no function and no drawing."""
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


@dataclass(frozen=True, eq=False)
class Options:
    """Names of the options of a search: those of its space, and the ``fixed`` ones that all trials share."""

    make: Any
    space: Space
    fixed: Mapping[str, Any]

    __repr__ = one_line

    def check(self) -> None:
        """Raise a DataError that lists every name that fits nowhere, or is needed and not given."""
        reject(list(self._problems()) or self._missing())

    def _problems(self) -> Iterator[str]:
        """Yield what is wrong with the names of options."""
        for name in self.space:
            if name in self.fixed and name not in ELSEWHERE:
                yield f"space: {name} is given as {name}={shown(self.fixed[name])} too; leave one of the two out"
        for where, names in (("space: ", list(self.space)), ("", list(self.fixed))):
            for name in names:
                whole = name.partition(".")[0]
                if whole in ELSEWHERE and not (not where and whole in GIVEN) and not self._takes(name):
                    yield f"{where}{name}: {ELSEWHERE[whole]}"
                elif not is_elsewhere(name):
                    yield from self._problem_of_option(where, name)
        if "rewired.keep" not in {**self.space, **self.fixed}:
            for name in REWIRED[1:]:
                if name in self.space or name in self.fixed:
                    yield f"{name}: what is kept is not said; give rewired.keep, such as 'degree'"

    def _takes(self, name: str) -> bool:
        """Return True if a function that is given has a parameter of this name, which then is the function's."""
        return (
            name == "seed"
            and not isinstance(self.make, nx.DiGraph | GraphTable)
            and any(name in known for _, known in self._functions())
        )

    def _functions(self) -> list[tuple[str, Mapping[str, inspect.Parameter]]]:
        """Return the name and the parameters of each function that may draw."""
        if isinstance(self.make, nx.DiGraph | GraphTable):
            return []
        if not isinstance(self.make, str):
            return [(getattr(self.make, "__name__", type(self.make).__name__), parameters_of(self.make))]
        said = self.space["kind"].examples() if "kind" in self.space else [self.fixed.get("kind", self.make)]
        return [(kind, parameters_of(kinds()[kind])) for kind in said if isinstance(kind, str) and kind in kinds()]

    def _problem_of_option(self, where: str, name: str) -> Iterator[str]:
        """Yield what is wrong with the name of an option of the drawing."""
        of_fits = [each.name for each in fields(FitSettings) if each.name not in ELSEWHERE]
        others = [*of_fits, *OF_COMPILE, *REWIRED, STANDARDIZE]
        if isinstance(self.make, nx.DiGraph | GraphTable):
            hint = did_you_mean(name, others) or f"; there are {', '.join(others)}"
            yield f"{where}{name}: no setting of a fit, and a drawing has no options{hint}"
            return
        if name == "kind" and isinstance(self.make, str):
            said = self.space["kind"].examples() if where else [self.fixed["kind"]]
            for kind in said:
                if kind not in kinds():
                    hint = did_you_mean(kind, kinds()) or f"; there are {', '.join(kinds())}"
                    yield f"{where}kind: {shown(kind)} is no kind of drawing{hint}"
            return
        for function, known in self._functions():
            if any(each.kind is each.VAR_KEYWORD for each in known.values()):
                continue
            if name in FROM_DATA and isinstance(self.make, str):
                yield f"{where}{name}: it comes from the data; leave it out"
                return
            if name not in known:
                own = [each for each in known if each not in FROM_DATA or not isinstance(self.make, str)]
                hint = did_you_mean(name, [*own, *others])
                hint = hint or f"; {function} takes {', '.join(own) or 'none'}, and a fit {', '.join(of_fits)}"
                yield f"{where}{name}: neither an option of {function} nor a setting of a fit{hint}"

    def _missing(self) -> Iterator[str]:
        """Yield options that a function needs and nobody gives."""
        given = {*self.space, *self.fixed, "seed"}
        for function, known in self._functions():
            own = FROM_DATA if isinstance(self.make, str) else ()
            for name, each in known.items():
                needs = each.default is each.empty and each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)
                if needs and name not in own and name not in given:
                    yield f"{function} needs {name}: give it as {name}=..., or put it into the space"


def is_elsewhere(name: str) -> bool:
    """Return True if an option is not one of the function that draws."""
    names = {each.name for each in fields(FitSettings)} - {"seed"}
    is_part = name.partition(".")[0] in names and "." in name
    return name in names or is_part or name in (*OF_COMPILE, *REWIRED, STANDARDIZE)
