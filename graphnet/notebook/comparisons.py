"""A comparison of graphs in a notebook: scores, paired differences, and what the seeds cannot say."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from ..analysis.comparison import Comparison
from ..analysis.paired import LEVEL
from .html import Html, card, element, name_of, never_fails, note, number, table

MOST_ROWS, MOST_CAUTIONS = 12, 6
STRIP, LINE = 120, 14
"""Width and height of the strip with the score of each seed."""
MOST_DOTS = 30


@never_fails
def comparison_html(compared: Comparison) -> Html:
    """Return a table of the graphs, with a dot for each seed, one of the pairs, and the cautions."""
    scores = {name: compared.scores(name) for name in compared.graphs[:MOST_ROWS]}
    least, most = compared.table["score"].min(), compared.table["score"].max()
    graphs = [
        [
            name_of(name),
            _strip(found.to_numpy().tolist(), least, most),
            *map(_known, (found.mean(), found.std(), found.min(), found.max())),
        ]
        for name, found in scores.items()
    ]
    pairs = [
        _pair(names, numbers)
        for names, numbers in zip(
            compared.pairs[["a", "b"]].head(MOST_ROWS).to_numpy().tolist(),
            compared.pairs[["difference", "low", "high", "p_holm"]].head(MOST_ROWS).to_numpy().tolist(),
            strict=True,
        )
    ]
    heads = ["graph", "each seed", "mean", "deviation", "least", "most"]
    parts = [table(graphs, heads, left=2), *_others(len(compared.graphs), "graphs")]
    if pairs:
        parts.append(table(pairs, ["difference", "mean", "95 % interval", "p (Holm)", ""], left=1))
        parts += _others(len(compared.pairs), "pairs")
    counts = f"{compared.n_seeds} seed{'s' * (compared.n_seeds != 1)} each; a higher score is better"
    cautions = [note(each) for each in list(compared.cautions())[:MOST_CAUTIONS]]
    return card("graphnet.Comparison", note(counts), *parts, *cautions)


def _pair(names: Sequence[Hashable], numbers: Sequence[float]) -> list[str]:
    """Return the cells of a pair: its names, the difference, its interval, p, and what p says."""
    difference, low, high, p = numbers
    return [
        element("span", name_of(names[0]), " − ", name_of(names[1])),
        f"{difference:+.4g}",
        "" if np.isnan(low) else f"{low:+.3g} to {high:+.3g}",
        f"{p:.3g}",
        "they differ" if p < LEVEL else "not told apart",
    ]


def _known(value: float) -> str:
    """Return a number as text, and nothing for one that a single seed does not have."""
    return "" if np.isnan(value) else number(float(value))


def _others(n: int, what: str) -> list[Html]:
    return [note(f"and {n - MOST_ROWS:,} more {what}")] * (n > MOST_ROWS)


def _strip(scores: Sequence[float], least: float, most: float) -> Html:
    """Return a strip with a dot for each score, on a scale that all graphs share."""
    span = (most - least) or 1.0
    places = [6 + (STRIP - 12) * ((score - least) / span if most > least else 0.5) for score in scores]
    kept = places if len(places) <= MOST_DOTS else np.quantile(places, np.linspace(0, 1, MOST_DOTS)).tolist()
    middle = LINE // 2
    dots = "".join(f"M{x:.1f} {middle}h0" for x in kept)
    ink = {"stroke": "currentColor", "fill": "none"}
    parts = [
        element("path", d=f"M2 {middle}H{STRIP - 2}", stroke_opacity=0.25, **ink),
        element("path", d=dots, stroke_opacity=0.5, stroke_width=6, stroke_linecap="round", **ink),
    ]
    size = {"width": STRIP, "height": LINE, "viewBox": f"0 0 {STRIP} {LINE}"}
    return element("svg", *parts, role="img", aria_label="score of each seed", **size)
