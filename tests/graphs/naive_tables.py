"""A naive reading of what `from_tables` does, row by row, which shares no code with the library."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def naive(
    edges: list[Row],
    nodes: list[Row] | None = None,
    *,
    count: bool = False,
    min_count: float = 1,
    key: bool = False,
    gap: bool = False,
    sign: str | None = None,
    signs: dict[str, int] | None = None,
    per: bool = False,
    drop: bool = False,
) -> tuple[dict[Any, Row], dict[tuple[Any, ...], Row]]:
    """Return {node: attributes} and {(source, target, key): attributes}; the key is None in a DiGraph.

    Columns are source, target, count, key, gap and word of edges, node, word and type of nodes; all others are
    attributes, of which delay and trainable are the language's.  ``sign`` is "edges" or "nodes".
    """
    words = {word.lower(): number for word, number in (signs or {}).items()}
    listed = None if nodes is None else {row["node"]: row for row in nodes}
    names: list[Any] = [] if listed is None else list(listed)
    groups: dict[tuple[Any, ...], list[Row]] = {}
    junctions: dict[tuple[Any, Any], float] = {}
    for row in edges:
        u, v = row["source"], row["target"]
        if listed is None:
            names += [name for name in (u, v) if name not in names]
            names = list(dict.fromkeys(names))
        elif u not in listed or v not in listed:
            assert drop
            continue
        n_gaps = (row.get("gap") or 0) if gap else 0
        if n_gaps and u != v:
            pair = (u, v) if names.index(u) < names.index(v) else (v, u)
            junctions.setdefault(pair, n_gaps)
        if (count and not row.get("count")) or (not count and n_gaps):
            continue
        groups.setdefault((u, v, row["key"] if key else 0 if gap else None), []).append(row)
    synapses: dict[tuple[Any, ...], Row] = {}
    for (u, v, k), rows in groups.items():
        total = sum(row["count"] for row in rows) if count else 1
        if count and total < min_count:
            continue
        said: Row = {}
        if sign is not None:
            totals = {-1: 0.0, 0: 0.0, 1: 0.0}
            for row in rows:
                word = row["word"] if sign == "edges" else (listed or {})[u]["word"]
                totals[sign_of(word, words)] += row["count"] if count else 1
            best = [number for number, each in totals.items() if each == max(totals.values())]
            if len(best) == 1 and best[0] != 0:
                said["sign"] = best[0]
        if count or sign is not None:
            said["scale"] = float(total * said.get("sign", 1))
        for name in ("delay", "trainable", "note"):
            values = [row[name] for row in rows if row.get(name) is not None]
            if values and all(value == values[0] for value in values):
                said[name] = values[0]
        if per and kind_of(listed, u) is not None and kind_of(listed, v) is not None:
            said["tie"] = (kind_of(listed, u), kind_of(listed, v))
        synapses[u, v, k] = said
    for (a, b), number in junctions.items():
        tie: tuple[Any, ...] = ("gap", a, b)
        if per and kind_of(listed, a) is not None and kind_of(listed, b) is not None:
            tie = ("gap", *sorted((kind_of(listed, a), kind_of(listed, b))))
        for own, other in ((a, b), (b, a)):
            for source, scale in ((other, number), (own, -number)):
                of_source = (listed or {}).get(source, {}).get("sign") or 0
                wanted = 1 if scale > 0 else -1
                said = {"scale": float(scale), "delay": 1, "tie": tie, "sign": 0 if of_source == -wanted else wanted}
                synapses[source, own, ("gap", other)] = said
    drawn: dict[Any, Row] = {}
    for name in names:
        row = {} if listed is None else listed[name]
        drawn[name] = {
            key: value
            for key, value in row.items()
            if key != "node" and value is not None and not (key == "word" and sign == "nodes")
        }
        if per and row["type"] is not None:
            drawn[name]["tie"] = row["type"]
    return drawn, synapses


def sign_of(word: Any, words: dict[str, int]) -> int:
    """Return the sign of a word, 0 for an unknown one."""
    return 0 if word is None else words.get(word.lower(), 0)


def kind_of(listed: dict[Any, Row] | None, name: Any) -> Any:
    """Return the type of a neuron."""
    return (listed or {})[name]["type"]
