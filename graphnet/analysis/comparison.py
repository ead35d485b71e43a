"""Comparisons of graphs that are trained from several seeds: paired differences, intervals and an exact test."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import combinations, product
from typing import Any

import networkx as nx
import numpy as np
import pandas as pd

from ..errors import DataError, quoted
from ..execute.workers import map_in_order, read_workers
from ..language.arrays import Array
from ..language.checks import COUNT, Number, read_names, shown, whole_number
from ..language.hooks import hook
from ..language.keywords import suggests_keywords
from ..language.nearest import did_you_mean
from ..language.table import GraphTable
from .paired import LEVEL, N_RESAMPLES, adjust_holm, bootstrap_interval, fewest_seeds, seeds_for_power, sign_flip_p

SCORE = Number("a finite number", least=-math.inf)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Scores of graphs over seeds, and their paired differences.

    Attributes
    ----------
    table : pandas.DataFrame
        Columns ``graph``, ``seed`` and ``score``.
    pairs : pandas.DataFrame
        A row for each pair: columns ``a``, ``b``, ``difference`` (the mean of a - b over seeds), ``low`` and ``high``
        (its 95 % bootstrap interval), ``p`` (two-sided sign-flip test) and ``p_holm``, corrected for the number of
        pairs.

    ``print(comparison)`` says the same in words.
    """

    table: pd.DataFrame
    pairs: pd.DataFrame

    def __repr__(self) -> str:
        counts = _number(len(self.graphs), "graph"), _number(self.n_seeds, "seed"), _number(len(self.pairs), "pair")
        return f"<graphnet.Comparison: {', '.join(counts)}>"

    def _repr_html_(self) -> str:
        return hook("comparison_html")(self)

    def __str__(self) -> str:
        return "\n".join([*self._lines_of_graphs(), *self._lines_of_pairs(), *self.cautions()])

    @property
    def graphs(self) -> list[Hashable]:
        """Names of the graphs, in their order."""
        return list(dict.fromkeys(self.table["graph"].tolist()))

    @property
    def n_seeds(self) -> int:
        """Number of seeds."""
        return self.table["seed"].nunique()

    def differences(self, a: Hashable, b: Hashable) -> pd.Series[float]:
        """Return the differences of the scores of ``a`` and ``b``, indexed by seed.

        Raises
        ------
        DataError
            If one of them is not the name of a graph.
        """
        for name in (a, b):
            if name not in self.graphs:
                raise DataError(f"{quoted(name)} is not one of the graphs {', '.join(map(repr, self.graphs))}")
        return self.scores(a) - self.scores(b)

    def plot(self, **options: Any) -> Any:
        """Plot the scores and the differences of pairs; the keywords are those of ``gn.plots.compare``.

        Returns
        -------
        matplotlib.axes.Axes
        """
        return hook("plot_comparison")(self, **options)

    def seeds_needed(self, difference: float) -> int:
        """Return how many seeds tell a difference with power 0.8: in 8 of 10 such comparisons ``p_holm`` is below 0.05.

        It is the least number with which a paired t-test has this power at the level 0.05 divided by the number of
        pairs, if differences are normal, with the largest standard deviation of all pairs here; and no less than the
        sign-flip test needs to get below that level at all.  A deviation of few seeds is itself uncertain: that of 5 is
        off by a factor of 0.6 to 2.9 (95 % of the time), and the number of seeds by its square.  The sign-flip test has
        a little less power than the t-test: 0.78 in simulations of 10 and of 34 seeds.

        Parameters
        ----------
        difference : float
            Difference of the mean scores of two graphs that is to be told.

        Raises
        ------
        DataError
            If it is not a positive number, or there are no pairs, or fewer than two seeds.

        References
        ----------
        Cohen, J. (1988). Statistical power analysis for the behavioral sciences. 2nd edition, chapter 2.
        """
        try:
            wanted = Number("a positive finite number", is_open=True).read(difference)
        except ValueError:
            raise DataError(f"difference: {shown(difference)}; must be a positive finite number") from None
        if not len(self.pairs) or self.n_seeds < 2:
            counts = f"{_number(len(self.pairs), 'pair')} and {_number(self.n_seeds, 'seed')}"
            raise DataError(f"seeds_needed: {counts}; the spread of differences needs two graphs and two seeds")
        spread = max(self.differences(a, b).std() for a, b in self._names_of_pairs())
        return seeds_for_power(wanted, float(spread), LEVEL / len(self.pairs))

    def scores(self, graph: Hashable) -> pd.Series[float]:
        """Return the scores of a graph, indexed by seed."""
        rows = self.table[[name == graph for name in self.table["graph"]]]
        return rows.set_index("seed")["score"]

    def _names_of_pairs(self) -> list[tuple[Hashable, Hashable]]:
        return list(zip(self.pairs["a"].tolist(), self.pairs["b"].tolist(), strict=True))

    def _lines_of_graphs(self) -> Iterator[str]:
        yield f"{_number(len(self.graphs), 'graph')}, {_number(self.n_seeds, 'seed')} each; a higher score is better"
        width = max(len(str(name)) for name in self.graphs)
        for name in self.graphs:
            scores = self.scores(name)
            spread = f", deviation {scores.std():.3g}" if len(scores) > 1 else ""
            yield f"  {name!s:<{width}}  mean {scores.mean():.4g}{spread}, {scores.min():.4g} to {scores.max():.4g}"

    def _lines_of_pairs(self) -> Iterator[str]:
        if not len(self.pairs):
            return
        yield (
            f"paired differences, with 95 % bootstrap intervals; p of the sign-flip test"
            f"{f', corrected for {len(self.pairs)} pairs (Holm)' if len(self.pairs) > 1 else ''}"
        )
        numbers = self.pairs[["difference", "low", "high", "p_holm"]].to_numpy().tolist()
        for (a, b), (difference, low, high, p) in zip(self._names_of_pairs(), numbers, strict=True):
            interval = "" if math.isnan(low) else f" [{low:+.3g}, {high:+.3g}]"
            told = "they differ" if p < LEVEL else "not told apart"
            yield f"  {a} - {b}: {difference:+.4g}{interval}, p = {p:.3g}: {told}"

    def cautions(self) -> Iterator[str]:
        """Yield what the seeds cannot say, a sentence each."""
        n_pairs, n_seeds = len(self.pairs), self.n_seeds
        if not n_pairs:
            return
        needed = fewest_seeds(LEVEL)
        if n_seeds < needed:
            are = "seed is" if n_seeds == 1 else "seeds are"
            yield (
                f"{n_seeds} {are} too few: the least p possible is {2.0 ** (1 - n_seeds):.3g}, and no p below {LEVEL} "
                f"is possible with fewer than {needed}; this says nothing about whether graphs differ"
            )
        elif n_seeds < fewest_seeds(LEVEL / n_pairs):
            yield (
                f"{n_seeds} seeds are too few for {n_pairs} pairs: for a corrected p below {LEVEL} the first of them "
                f"needs p below {LEVEL / n_pairs:.3g}, which takes {fewest_seeds(LEVEL / n_pairs)} seeds, or fewer "
                "pairs (against=)"
            )
        elif n_seeds < 10:
            yield f"{n_seeds} seeds are few: only a difference in the same direction for nearly every seed can be told"
        for a, b in self._names_of_pairs():
            alike = int((self.differences(a, b) == 0).sum())
            if alike and n_seeds >= needed > n_seeds - alike:
                yield (
                    f"{a} - {b}: {alike} of {n_seeds} differences are 0, which the test cannot use; with the other "
                    f"{n_seeds - alike} no p below {LEVEL} is possible"
                )
        if 1 < n_seeds < 20:
            yield f"bootstrap intervals of {n_seeds} seeds are too narrow: trust the test where they disagree"
        if (self.pairs["p_holm"] >= LEVEL).any() and n_seeds > 1:
            yield "not told apart is not equal: .seeds_needed(difference) says how many seeds would tell a difference"


def _number(n: int, what: str) -> str:
    return f"{n} {what}{'s' * (n != 1)}"


@suggests_keywords
def compare(
    graphs: Mapping[Hashable, Any],
    train: Callable[[Any, int], float],
    *,
    seeds: int | Iterable[int] = 10,
    against: Hashable | None = None,
    executor: Any = None,
) -> Comparison:
    """Train graphs from the same seeds, and compare their scores seed by seed.

    Parameters
    ----------
    graphs : {name: graph, or function of a seed that returns one}
        A graph is a networkx.DiGraph or networkx.MultiDiGraph, of which each training gets a copy, or a GraphTable.  A
        function, such as one that rewires a graph with the seed, is called in this process.
    train : callable
        ``train(graph, seed)`` returns a score: a number, the higher the better.  All chance in it should come from the
        seed, so that pairs share what they can.
    seeds : int or list of int
        Seeds, or their number n for 0 to n - 1.
    against : name, optional
        Pairs are those of each other graph with this one alone, which leaves more of the level to each; otherwise all.
    executor : None, int or concurrent.futures.Executor
        None trains in this process, one after the other.  A number starts so many processes, for which ``train`` must
        be a function at the top of a module or script.  The numbers are the same for any.

    Returns
    -------
    Comparison

    Raises
    ------
    DataError
        If graphs, seeds or ``against`` are not valid, or a score is not a finite number.  What ``train`` raises passes
        on, with a note that names graph and seed.

    Notes
    -----
    The interval is the percentile bootstrap of the mean difference: 10,000 resamples of the seeds, from seed 0; it is
    nan for one seed.  If differences are normal, it holds their mean in 84 % of comparisons with 5 seeds, 91 % with 10
    and 93 % with 20, not in 95 %.

    The test asks how often the absolute sum of the differences would be as large if each had its sign by chance, which
    is exact if graphs do not differ and differences are independent between seeds: all signs are tried up to 20 seeds;
    beyond, 100,000 at random, and p = (k + 1) / (m + 1).  Sums that differ by less than 1e-12 of the sum of the
    absolute differences are equal.  With n differences that are not 0 no p is below 2^(1 - n).

    It says how graphs differ over seeds, that is initial weights and whatever else ``train`` draws; with fixed data
    nothing about other data.  A control that is drawn anew for each seed (a function of the seed) also covers the
    choice of the control.

    References
    ----------
    Fisher, R. A. (1935). The design of experiments, section 21.
    Phipson, B. & Smyth, G. K. (2010). Permutation p-values should never be zero. Statistical Applications in Genetics
    and Molecular Biology 9(1).
    Efron, B. & Tibshirani, R. J. (1993). An introduction to the bootstrap, chapter 13.
    Holm, S. (1979). A simple sequentially rejective multiple test procedure. Scandinavian Journal of Statistics 6(2).
    Bouthillier, X. et al. (2021). Accounting for variance in machine learning benchmarks. MLSys 3.

    Examples
    --------
    >>> import graphnet as gn
    >>> def train(graph, seed):
    ...     return gn.compile(graph, seed=seed).n_edges + 0.1 * seed
    >>> graphs = {"elman": gn.graphs.elman(1, 3, 1), "direct": gn.graphs.direct(1, 3, 1)}
    >>> compared = compare(graphs, train, seeds=6)
    >>> compared
    <graphnet.Comparison: 2 graphs, 6 seeds, 1 pair>
    >>> compared.pairs[["difference", "p", "p_holm"]].iloc[0].tolist()
    [6.0, 0.03125, 0.03125]
    """
    workers, numbers = read_workers(executor), _read_seeds(seeds)
    names = _read_graphs(graphs, against)
    if not callable(train):
        raise DataError(f"train: {shown(train)}; must be a function train(graph, seed) that returns a score")
    runs = list(product(names, numbers))
    tasks = ((f"graph {quoted(name)}, seed {seed}", _Run(name, graphs[name], seed)) for name, seed in runs)
    scores = map_in_order(partial(_score, train), _drawn(tasks), workers, caller="compare")
    table = pd.DataFrame(
        {
            "graph": pd.Series([name for name, _ in runs], dtype=object),
            "seed": [seed for _, seed in runs],
            "score": scores,
        }
    )
    of_graph = dict(zip(names, np.reshape(scores, (len(names), -1)), strict=True))
    pairs = list(combinations(names, 2)) if against is None else [(name, against) for name in names if name != against]
    return Comparison(table, _compare_pairs(of_graph, pairs))


@dataclass(frozen=True)
class _Run:
    """A graph, or a function that returns one, to train from a seed."""

    name: Hashable
    graph: Any
    seed: int


def _drawn(tasks: Iterable[tuple[str, _Run]]) -> Iterator[tuple[str, _Run]]:
    """Yield the tasks with a graph in each that nothing else shares."""
    for said, run in tasks:
        graph = run.graph
        if callable(graph):
            try:
                graph = graph(run.seed)
            except Exception as error:
                error.add_note(f"compare: {said}")
                raise
            if not isinstance(graph, nx.DiGraph | GraphTable):
                raise DataError(
                    f"graphs: {quoted(run.name)} returned a {type(graph).__name__} for seed {run.seed}, no graph"
                )
        yield said, _Run(run.name, graph.copy() if isinstance(graph, nx.DiGraph) else graph, run.seed)


def _score(train: Callable[[Any, int], float], run: _Run) -> float:
    """Return the score of a training."""
    score = train(run.graph, run.seed)
    try:
        return SCORE.read(score)
    except ValueError:
        raise DataError(
            f"train: the score of graph {quoted(run.name)}, seed {run.seed}, is {shown(score)}; must be {SCORE.takes}"
        ) from None


def _compare_pairs(scores: Mapping[Hashable, Array], pairs: Sequence[tuple[Hashable, Hashable]]) -> pd.DataFrame:
    differences = [scores[a] - scores[b] for a, b in pairs]
    intervals = np.array([bootstrap_interval(each, N_RESAMPLES) for each in differences]).reshape(-1, 2)
    p = np.array([sign_flip_p(each) for each in differences])
    return pd.DataFrame(
        {
            "a": pd.Series([a for a, _ in pairs], dtype=object),
            "b": pd.Series([b for _, b in pairs], dtype=object),
            "difference": np.array([each.mean() for each in differences]),
            "low": intervals[:, 0],
            "high": intervals[:, 1],
            "p": p,
            "p_holm": adjust_holm(p),
        }
    )


def _read_seeds(seeds: Any) -> list[int]:
    try:
        return list(range(int(COUNT.read(seeds))))
    except ValueError:
        if not isinstance(seeds, Iterable):
            raise DataError(f"seeds: {shown(seeds)}; must be {COUNT.takes}, or a list of whole numbers") from None
    numbers = [whole_number(seed, f"seeds[{i}]") for i, seed in enumerate(read_names(seeds, "seeds"))]
    twice = [seed for i, seed in enumerate(numbers) if seed in numbers[:i]]
    if not numbers or twice:
        problem = f"{twice[0]} occurs twice, and would count as two" if twice else "no seeds"
        raise DataError(f"seeds: {problem}")
    return numbers


def _read_graphs(graphs: Any, against: Any) -> list[Hashable]:
    """Return the names of the graphs, in their order."""
    if not isinstance(graphs, Mapping) or not graphs:
        raise DataError(f"graphs: {shown(graphs)}; must be {{name: graph, or function of a seed}}, with one at least")
    for name, graph in graphs.items():
        if not (isinstance(graph, nx.DiGraph | GraphTable) or callable(graph)):
            raise DataError(
                f"graphs: {quoted(name)} is a {type(graph).__name__}; must be a networkx DiGraph or MultiDiGraph, a "
                "GraphTable, or a function of a seed that returns one"
            )
    names = list(graphs)
    if against is not None and (not isinstance(against, Hashable) or against not in graphs):
        hint = did_you_mean(against, map(str, names))
        raise DataError(f"against: {quoted(against)}; must be one of {', '.join(map(repr, names))}{hint}")
    return names
