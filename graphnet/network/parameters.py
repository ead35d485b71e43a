"""Kind and key, in node names, of each number of the flat parameter vector."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from typing import Any, NamedTuple, overload

import numpy as np

from ..compiler import KINDS, Parameters
from ..language.arrays import Array
from ..language.brief import one_line
from ..language.hooks import hook
from ..language.table import GraphTable


class ParameterRow(NamedTuple):
    """One parameter: its kind, the edge, node or tie that it belongs to, whether it is tied, and its value."""

    kind: str
    key: Hashable
    tied: bool
    value: float

    def __repr__(self) -> str:
        return one_line(self)


class ParameterTable(Sequence[ParameterRow]):
    """Rows of the parameters of a network, in order; a row is made on access.

    ``kind`` (of str), ``tied`` (of bool) and ``value`` are columns as arrays; ``key`` is a list of edges as networkx
    writes them, nodes, or names of ties.
    """

    def __init__(self, table: GraphTable, parameters: Parameters, values: Array) -> None:
        self._table, self._parameters, self.value = table, parameters, values

    def __repr__(self) -> str:
        counts = ", ".join(f"{kind}: {n}" for kind, n in self.counts().items())
        return f"<graphnet.ParameterTable: {len(self)} parameters{f' ({counts})' if counts else ''}>"

    def _repr_html_(self) -> str:
        return hook("parameters_html")(self)

    def counts(self) -> dict[str, int]:
        """Return the number of parameters of each kind that occurs.

        >>> import graphnet as gn
        >>> gn.compile(gn.graphs.direct(1, 2, 1), seed=0).parameter_table().counts()
        {'weight': 6, 'bias': 3}
        """
        found = np.bincount(self._parameters.kind[: len(self)], minlength=len(KINDS)).tolist()
        return {kind: n for kind, n in zip(KINDS, found, strict=True) if n}

    @property
    def kind(self) -> Array:
        """Kind of each parameter: "weight", "bias", "initial", "tau" or "leak"."""
        return np.array(KINDS)[self._parameters.kind]

    @property
    def tied(self) -> Array:
        """True for each parameter that several synapses or neurons share."""
        return np.asarray(self._parameters.tied >= 0)

    @property
    def key(self) -> list[Hashable]:
        """Edge, node or tie that each parameter belongs to."""
        return [self._key(i) for i in range(len(self))]

    def _key(self, position: int) -> Hashable:
        kind, owner = self._parameters.kind[position], int(self._parameters.owner[position])
        tie = int(self._parameters.tied[position])
        if tie >= 0:
            columns = self._table.edge_columns if kind == 0 else self._table.node_columns
            return (columns["tie"].names or ())[tie]
        return self._table.edge_key(owner) if kind == 0 else self._table.nodes[owner]

    def __len__(self) -> int:
        return len(self.value)

    def __iter__(self) -> Iterator[ParameterRow]:
        return (self[i] for i in range(len(self)))

    @overload
    def __getitem__(self, position: int) -> ParameterRow: ...
    @overload
    def __getitem__(self, position: slice) -> list[ParameterRow]: ...
    def __getitem__(self, position: Any) -> Any:
        """Return the row at a position, or a list of rows for a slice."""
        if isinstance(position, slice):
            return [self[i] for i in range(len(self))[position]]
        i = range(len(self))[position]
        kind = KINDS[self._parameters.kind[i]]
        return ParameterRow(kind, self._key(i), bool(self._parameters.tied[i] >= 0), float(self.value[i]))
