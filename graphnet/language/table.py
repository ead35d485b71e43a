"""GraphTable: a drawing as columns, one row a node and one row an edge.

Reading a networkx graph is the only place that walks over nodes and edges one by one; everything after it is
vectorised.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from numbers import Integral, Real
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from ..errors import GraphError
from .arrays import Array
from .as_frame import frame_of, names_array
from .checks import refuse_masked
from .order import has_repeats
from .schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, Attribute

if TYPE_CHECKING:
    import pandas

NOT_GIVEN: Any = object()
"""Value of a row that was not given, for `read_column`."""


@dataclass(frozen=True, eq=False, slots=True)
class Column:
    """One attribute of all nodes or edges.

    ``values`` (n,) is typed where the attribute is one of the language's and its values are of the right kind: float64,
    int64, bool, or for names and choices int64 codes into ``names``.  Otherwise it holds the objects as they came.
    ``declared`` (n,) says which rows were given; None means all.

    Raises
    ------
    GraphError
        If a row of ``values`` is masked.
    """

    values: Array
    declared: Array | None = None
    names: tuple[Hashable, ...] | None = None

    def __post_init__(self) -> None:
        if isinstance(self.values, np.ma.MaskedArray):
            refuse_masked(self.values, "values of a column", "say which rows are given, as declared=~mask", GraphError)
            object.__setattr__(self, "values", self.values.data)

    def __repr__(self) -> str:
        given = "all" if self.declared is None else f"{int(np.count_nonzero(self.declared))}"
        return f"<graphnet.Column: {len(self.values)} rows, {given} given, {self.values.dtype}>"

    def given(self) -> Array:
        """Mask of the rows that were given, (n,) bool."""
        return np.ones(len(self.values), bool) if self.declared is None else self.declared

    def objects(self) -> list[Any]:
        """The rows as Python objects; rows that were not given hold arbitrary values."""
        values: list[Any] = self.values.tolist()
        if self.names is None:
            return values
        names = self.names or (None,)  # no row was given, so no name either
        return [names[code] for code in values]

    def value(self, row: int) -> Any:
        """Return one row as a Python object; if it was not given, an arbitrary value."""
        value = self.values[row]
        if self.names is not None:
            return self.names[value]
        return value.item() if self.is_typed() else value

    def is_typed(self) -> bool:
        """True if every value given is of a kind that the attribute takes."""
        return self.values.dtype != object


def read_column(raw: list[Any], attribute: Attribute | None) -> Column:
    """Return a column from one value a row, ``NOT_GIVEN`` for none; untyped if the values do not fit."""
    optional = attribute is not None and attribute.optional
    types = set(map(type, raw))
    declared = None
    if type(NOT_GIVEN) in types or (optional and type(None) in types):
        declared = np.fromiter((v is not NOT_GIVEN and not (optional and v is None) for v in raw), bool, len(raw))
        if declared.all():
            declared = None
    given = raw if declared is None else [v for v, there in zip(raw, declared.tolist(), strict=True) if there]
    typed, names = _typed(given, attribute)
    if declared is None:
        return Column(typed, None, names)
    values = np.zeros(len(raw), typed.dtype)
    values[declared] = typed
    return Column(values, declared, names)


def _typed(given: list[Any], attribute: Attribute | None) -> tuple[Array, tuple[Hashable, ...] | None]:
    kind = None if attribute is None else attribute.kind
    types = set(map(type, given))
    is_boolean = {issubclass(t, bool | np.bool_) for t in types}
    try:
        if kind in ("name", "choice"):
            codes = {name: code for code, name in enumerate(dict.fromkeys(given))}
            return np.fromiter(map(codes.__getitem__, given), np.int64, len(given)), tuple(codes)
        if kind == "boolean" and is_boolean <= {True}:
            return np.array(given, bool), None
        if kind == "number" and is_boolean <= {False} and all(issubclass(t, Real) for t in types):
            return np.array(given, np.float64), None
        if kind == "whole" and is_boolean <= {False} and all(issubclass(t, Real) for t in types):
            whole = [int(v) for v in given]
            if all(issubclass(t, Integral) for t in types) or whole == given:
                return np.array(whole, np.int64), None
    except (TypeError, ValueError, OverflowError):
        pass  # left as it came: validation says what is wrong with which row
    return np.fromiter(given, object, len(given)), None


def check_directed(graph: Any) -> None:
    """Raise a GraphError if it is not a networkx DiGraph or MultiDiGraph."""
    if not isinstance(graph, nx.Graph):
        hint = "; gn.read_graph(path) reads a file" if isinstance(graph, str | os.PathLike) else ""
        raise GraphError(f"a network is a networkx DiGraph or MultiDiGraph, not a {type(graph).__name__}{hint}")
    if not graph.is_directed():
        raise GraphError(
            f"the graph is undirected ({type(graph).__name__}): a synapse has a direction; "
            "graph.to_directed() draws one in each"
        )


@dataclass(frozen=True, eq=False)
class GraphTable:
    """The columnar form of a drawing.

    Attributes
    ----------
    nodes : sequence of hashables, in node order
    source, target : (n_edges,) int64
        Positions in ``nodes``.
    node_columns, edge_columns : dict of str to Column
        Attributes of nodes and edges, custom ones included.
    keys : list or None
        The edge keys of a MultiDiGraph; None for a DiGraph.
    attributes : dict
        The graph's own attributes.

    Examples
    --------
    >>> import networkx as nx
    >>> drawing = nx.DiGraph([("in", "out", {"weight": 2.0})])
    >>> drawing.nodes["in"]["role"], drawing.nodes["out"]["role"] = "input", "output"
    >>> table = GraphTable.from_networkx(drawing)
    >>> table.n_nodes, table.n_edges, table.edge("weight")
    (2, 1, array([2.]))
    """

    nodes: Sequence[Hashable]
    source: Array
    target: Array
    node_columns: dict[str, Column] = field(default_factory=dict)
    edge_columns: dict[str, Column] = field(default_factory=dict)
    keys: list[Hashable] | None = None
    attributes: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        # sums and products of columns are in double precision and int64, whatever they were given in
        for name in ("source", "target"):
            refuse_masked(getattr(self, name), name, "leave out edges without a source or a target", GraphError)
            object.__setattr__(self, name, np.asarray(getattr(self, name), np.int64))
        for side, known in (("node_columns", NODE_ATTRIBUTES), ("edge_columns", EDGE_ATTRIBUTES)):
            columns = getattr(self, side)
            widened = {name: _widened(column, known.get(name)) for name, column in columns.items()}
            if any(widened[name] is not column for name, column in columns.items()):
                object.__setattr__(self, side, widened)

    def __repr__(self) -> str:
        return f"<graphnet.GraphTable: {self.n_nodes} nodes, {self.n_edges} edges>"

    @classmethod
    def from_networkx(cls, graph: nx.DiGraph) -> GraphTable:
        """The columns of a networkx DiGraph or MultiDiGraph.

        Raises
        ------
        GraphError
            If the graph is not directed, or no networkx graph at all.
        """
        check_directed(graph)
        nodes = list(graph)
        index = dict(zip(nodes, range(len(nodes)), strict=True))
        neighbours = [targets for _, targets in graph.adjacency()]
        degrees = np.fromiter(map(len, neighbours), np.int64, len(nodes))
        target = np.fromiter(map(index.__getitem__, chain.from_iterable(neighbours)), np.int64, int(degrees.sum()))
        source = np.repeat(np.arange(len(nodes)), degrees)
        data: list[Any] = list(chain.from_iterable(targets.values() for targets in neighbours))
        keys = None
        if graph.is_multigraph():
            parallel = np.fromiter(map(len, data), np.int64, len(data))
            source, target = np.repeat(source, parallel), np.repeat(target, parallel)
            keys = list(chain.from_iterable(data))
            data = list(chain.from_iterable(edges.values() for edges in data))
        return cls(
            nodes,
            source,
            target,
            _read_columns([d for _, d in graph.nodes(data=True)], NODE_ATTRIBUTES),
            _read_columns(data, EDGE_ATTRIBUTES),
            keys,
            dict(graph.graph),
        )

    def to_networkx(self) -> nx.DiGraph:
        """Return the networkx graph: a MultiDiGraph if edges have keys, otherwise a DiGraph.

        Raises
        ------
        GraphError
            If a node or an edge occurs more than once, which no such graph can hold.
        """
        graph = nx.DiGraph() if self.keys is None else nx.MultiDiGraph()
        graph.graph.update(self.attributes)
        graph.add_nodes_from(zip(self.nodes, rows_of(self.node_columns, self.n_nodes), strict=True))
        ends = self._endpoints(range(self.n_edges))
        data = rows_of(self.edge_columns, self.n_edges)
        if self.keys is None:
            graph.add_edges_from((u, v, d) for (u, v), d in zip(ends, data, strict=True))
        else:
            graph.add_edges_from((u, v, k, d) for (u, v), k, d in zip(ends, self.keys, data, strict=True))
        lost = {"node": self.n_nodes - len(graph), "edge": self.n_edges - graph.number_of_edges()}
        if any(lost.values()):
            repeated = " and ".join(f"{n} of its {what}s" for what, n in lost.items() if n)
            raise GraphError(f"the table repeats {repeated}: a networkx graph holds each once; give edges keys")
        return graph

    @property
    def n_nodes(self) -> int:
        """Number of nodes, inputs included."""
        return len(self.nodes)

    @property
    def n_edges(self) -> int:
        """Number of synapses, each parallel one counted."""
        return len(self.source)

    @cached_property
    def index(self) -> dict[Hashable, int]:
        """The position of each node."""
        return {node: position for position, node in enumerate(self.nodes)}

    @cached_property
    def has_parallel_edges(self) -> bool:
        """True if a pair of nodes has several edges, whatever their keys."""
        return has_repeats(self.n_nodes, self.source, self.target)

    def node(self, name: str) -> Array:
        """A node attribute with defaults filled in, (n_nodes,); codes with -1 for names that are not given."""
        return _filled(self.node_columns.get(name), NODE_ATTRIBUTES[name], self.n_nodes)

    def edge(self, name: str) -> Array:
        """An edge attribute with defaults filled in, (n_edges,); codes with -1 for names that are not given."""
        return _filled(self.edge_columns.get(name), EDGE_ATTRIBUTES[name], self.n_edges)

    def node_gives(self, name: str) -> Array:
        """Mask of the nodes that were given an attribute, (n_nodes,) bool."""
        column = self.node_columns.get(name)
        return np.zeros(self.n_nodes, bool) if column is None else column.given()

    def edge_gives(self, name: str) -> Array:
        """Mask of the edges that were given an attribute, (n_edges,) bool."""
        column = self.edge_columns.get(name)
        return np.zeros(self.n_edges, bool) if column is None else column.given()

    def has_role(self, role: str) -> Array:
        """Mask of the nodes that have this role, (n_nodes,) bool."""
        column = self.node_columns.get("role")
        names = () if column is None else column.names or ()
        return np.asarray(self.node("role") == names.index(role)) if role in names else np.zeros(self.n_nodes, bool)

    def edge_key(self, position: int) -> tuple[Hashable, ...]:
        """The edge as networkx writes it: (u, v), or (u, v, key) in a MultiDiGraph."""
        ends = (self.nodes[self.source[position]], self.nodes[self.target[position]])
        return ends if self.keys is None else (*ends, self.keys[position])

    def edge_keys(self) -> list[tuple[Hashable, ...]]:
        """Every edge as networkx writes it, in edge order."""
        ends = self._endpoints(range(self.n_edges))
        return list(ends) if self.keys is None else [(u, v, k) for (u, v), k in zip(ends, self.keys, strict=True)]

    def node_frame(self) -> pandas.DataFrame:
        """Return the nodes as a frame of pandas: a column ``node`` of names, and one for each attribute.

        Raises
        ------
        GraphError
            If nodes have a custom attribute ``node``.
        """
        return frame_of({"node": names_array(self.nodes)}, self.node_columns, "nodes")

    def edge_frame(self) -> pandas.DataFrame:
        """Return the edges as a frame of pandas: ``source``, ``target``, ``key`` if edges have keys, and attributes.

        Attributes that are not given are missing values.

        Raises
        ------
        GraphError
            If edges have a custom attribute of the name of one of these.

        Examples
        --------
        >>> import graphnet as gn
        >>> table = gn.graphs.from_matrix([[0.0, 0.5], [0.9, 0.0]], names=["a", "b"])
        >>> table.edge_frame()
          source target  weight  delay
        0      b      a     0.5      1
        1      a      b     0.9      1
        """
        nodes = names_array(self.nodes)
        ends = {"source": nodes[self.source], "target": nodes[self.target]}
        keys = {} if self.keys is None else {"key": names_array(self.keys)}
        return frame_of({**ends, **keys}, self.edge_columns, "edges")

    def with_columns(self, nodes: Mapping[str, Column], edges: Mapping[str, Column]) -> GraphTable:
        """Return the drawing with some columns replaced or added."""
        return replace(self, node_columns={**self.node_columns, **nodes}, edge_columns={**self.edge_columns, **edges})

    def without_columns(self, nodes: Collection[str], edges: Collection[str]) -> GraphTable:
        """Return the drawing without some columns."""
        return replace(
            self,
            node_columns={name: column for name, column in self.node_columns.items() if name not in nodes},
            edge_columns={name: column for name, column in self.edge_columns.items() if name not in edges},
        )

    def extended(
        self,
        nodes: Sequence[Hashable],
        of_nodes: Mapping[str, Any],
        source: Array,
        target: Array,
        of_edges: Mapping[str, Any],
    ) -> GraphTable:
        """Return the drawing with more nodes, and with more edges between positions of nodes, which get key 0.

        All new nodes have the attributes ``of_nodes``, and all new edges ``of_edges``.
        """
        return replace(
            self,
            nodes=[*self.nodes, *nodes],
            source=np.concatenate([self.source, source]),
            target=np.concatenate([self.target, target]),
            node_columns=_extended(self.node_columns, NODE_ATTRIBUTES, of_nodes, self.n_nodes, len(nodes)),
            edge_columns=_extended(self.edge_columns, EDGE_ATTRIBUTES, of_edges, self.n_edges, len(source)),
            keys=None if self.keys is None else [*self.keys, *[0] * len(source)],
        )

    def _endpoints(self, positions: Iterable[int]) -> Iterator[tuple[Hashable, Hashable]]:
        sources, targets = self.source.tolist(), self.target.tolist()
        return ((self.nodes[sources[i]], self.nodes[targets[i]]) for i in positions)


_DTYPES = {"number": np.float64, "whole": np.int64, "boolean": np.bool_, "name": np.int64, "choice": np.int64}


def _widened(column: Column, attribute: Attribute | None) -> Column:
    """Return the column of an attribute in the dtype of its kind, if its values fit."""
    if attribute is None or column.values.dtype in (_DTYPES[attribute.kind], object):
        return column
    wanted = np.dtype(_DTYPES[attribute.kind])
    is_code = column.names is not None
    if column.values.dtype.kind in "iuf" and np.can_cast(
        column.values.dtype, wanted, "same_kind" if is_code else "safe"
    ):
        return replace(column, values=column.values.astype(wanted))
    return read_column(
        [value if given else NOT_GIVEN for value, given in zip(column.values.tolist(), column.given(), strict=True)],
        attribute,
    )


def _read_columns(data: list[dict[Any, Any]], table: dict[str, Attribute]) -> dict[str, Column]:
    columns = {}
    for name in dict.fromkeys(chain.from_iterable(data)):
        try:
            raw = list(map(itemgetter(name), data))
        except KeyError:
            raw = [d.get(name, NOT_GIVEN) for d in data]
        columns[name] = read_column(raw, table.get(name) if isinstance(name, str) else None)
    return columns


def _extended(
    columns: dict[str, Column], table: dict[str, Attribute], more: Mapping[str, Any], n_rows: int, n_more: int
) -> dict[str, Column]:
    """Return columns with more rows, which have the attributes ``more`` and no others."""
    found = {}
    for name in dict.fromkeys([*columns, *more]):
        fresh = read_column([more[name]] * n_more if name in more else [NOT_GIVEN] * n_more, table.get(name))
        column = columns.get(name, Column(np.zeros(n_rows, fresh.values.dtype), np.zeros(n_rows, bool), fresh.names))
        values, names = fresh.values, column.names
        if name not in more:
            values = np.zeros(n_more, column.values.dtype)
        elif names is not None:
            codes = {each: code for code, each in enumerate(dict.fromkeys([*names, *fresh.objects()]))}
            values, names = np.array([codes[each] for each in fresh.objects()], np.int64), tuple(codes)
        elif not column.is_typed():
            values = np.fromiter(fresh.objects(), object, n_more)
        given = np.concatenate([column.given(), np.full(n_more, name in more)])
        found[name] = Column(np.concatenate([column.values, values]), None if given.all() else given, names)
    return found


def rows_of(columns: Mapping[str, Column], n_rows: int) -> list[dict[str, Any]]:
    """Return the attributes of each row, without those not given."""
    rows: list[dict[str, Any]] = [{} for _ in range(n_rows)]
    for name, column in columns.items():
        values = column.objects()
        for i in np.flatnonzero(column.given()).tolist():
            rows[i][name] = values[i]
    return rows


def _filled(column: Column | None, attribute: Attribute, n_rows: int) -> Array:
    default = -1 if attribute.kind in ("name", "choice") else attribute.default
    if column is None:
        return np.broadcast_to(np.array(0 if default is None else default, _DTYPES[attribute.kind]), n_rows)
    if column.declared is None:
        return column.values
    return np.where(column.declared, column.values, 0 if default is None else default).astype(column.values.dtype)
