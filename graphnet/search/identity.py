"""Identity of a study: space, data and settings, so that it is not gone on with as another one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from ..errors import DataError
from ..io.json_values import json_ready
from ..language.checks import shown
from ..language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES
from ..language.table import GraphTable
from .candidates import Problem

if TYPE_CHECKING:
    from optuna import Study

ATTRIBUTE = "graphnet"
FORMAT = 1
_ADDRESS = re.compile(r" at 0x[0-9a-f]+")


def describe_search(problem: Problem, **settings: Any) -> dict[str, Any]:
    """Return what a study of a search is of, as JSON holds it."""
    return json_ready(
        {
            "format": FORMAT,
            "make": describe_make(problem.make),
            "space": {name: each.describe() for name, each in problem.space.items()},
            "options": _options(problem),
            "data": fingerprint(problem.inputs, problem.targets, problem.lengths, problem.weights),
            "validation": _validation(problem.validation),
            **settings,
        }
    )


def check_same_search(study: Study, wanted: Mapping[str, Any], where: str) -> None:
    """Write down what a new study is of; raise a DataError if a known one is of something else."""
    found = study.user_attrs.get(ATTRIBUTE)
    hint = "give another name= or storage=, or the first one's settings"
    if not isinstance(found, Mapping):
        if study.get_trials(deepcopy=False):
            raise DataError(f"{where}: the study {study.study_name!r} has trials of another program; {hint}")
        study.set_user_attr(ATTRIBUTE, dict(wanted))
        return
    if found.get("format") != FORMAT:
        raise DataError(f"{where}: the study {study.study_name!r} is of another version of graphnet; {hint}")
    others = "; ".join(_differences(found, wanted))
    if others:
        raise DataError(f"{where}: the study {study.study_name!r} was begun otherwise: {others}; {hint}")


def describe_make(make: Any) -> str:
    """Return a kind, the name of a function, or a hash of a drawing.

    >>> describe_make("gru")
    'gru'
    """
    if isinstance(make, nx.DiGraph):
        return f"drawing {_hash_of_graph(GraphTable.from_networkx(make))}"
    if isinstance(make, GraphTable):
        return f"drawing {_hash_of_graph(make)}"
    if isinstance(make, str):
        return make
    named = make if hasattr(make, "__qualname__") else getattr(make, "func", type(make))  # of a partial, its function
    return f"{named.__module__}.{named.__qualname__}"


def fingerprint(*arrays: Any) -> str:
    """Return a hash of arrays: the same for the same numbers, shapes and dtypes."""
    digest = blake2b(digest_size=16)
    for each in arrays:
        array = np.asarray(each)
        digest.update(repr((array.dtype.str, array.shape)).encode())
        digest.update(repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Yield what differs, in the words of the arguments."""
    for name in wanted:
        before, now = found.get(name), wanted[name]
        if before == now:
            continue
        if name == "data":
            yield "the data are others"
        elif isinstance(before, Mapping) and isinstance(now, Mapping):
            for part in dict.fromkeys([*before, *now]):
                if before.get(part) != now.get(part):
                    was, is_now = (_text(each[part]) if part in each else "not given" for each in (before, now))
                    yield f"{name}: {part}: {was}, now {is_now}"
        else:
            yield f"{name}: {_text(before)}, now {_text(now)}"


def _text(value: Any) -> str:
    if isinstance(value, Mapping) and set(value) == {"low", "high", "log"}:
        return f"({value['low']}, {value['high']}{', log' if value['log'] else ''})"
    return shown(value)


def _options(problem: Problem) -> dict[str, Any]:
    """Return what all trials share; settings of a fit as files hold them, whether by name or as an object."""
    described = problem.settings({}, 0).describe()
    found = {}
    for name, value in sorted(problem.fixed.items()):
        if name in described:
            found[name] = described[name]
        else:
            found[name] = value if isinstance(value, bool | int | float | str | None) else _ADDRESS.sub("", repr(value))
    return found


def _validation(validation: Any) -> Any:
    return fingerprint(*validation) if isinstance(validation, tuple | list) else float(validation)


def _hash_of_graph(table: GraphTable) -> str:
    digest = blake2b(digest_size=8)
    digest.update(repr((list(table.nodes), table.keys)).encode())
    digest.update(fingerprint(table.source, table.target).encode())
    sides = ((NODE_ATTRIBUTES, table.node_columns), (EDGE_ATTRIBUTES, table.edge_columns))
    for known, columns in sides:
        for name in sorted(set(columns) & set(known)):  # custom attributes change no number
            column = columns[name]
            values: Any = column.values.copy()
            values[~column.given()] = 0
            digest.update(f"{name} {column.names} {fingerprint(values, column.given())}".encode())
    return digest.hexdigest()
