"""Networks from connectivity matrices."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

import graphnet as gn
from graphnet.language.table import Column

from_matrix = gn.graphs.from_matrix

W = np.array([[0.0, 0.5, 0.0], [-0.25, 0.0, 1.0], [0.0, 0.0, 0.75]])
W_IN = np.array([[1.0, 0.0], [0.0, 2.0], [0.5, 0.0]])
W_OUT = np.array([[1.0, 0.0, -1.0]])


def synapses(table: gn.GraphTable) -> dict[tuple, tuple[float, int]]:
    """Return {(source, target): (weight, delay)}."""
    edges = list(table.to_networkx().edges(data=True))
    found = {(u, v): (said["weight"], said["delay"]) for u, v, said in edges}
    assert len(found) == len(edges) == table.n_edges
    return found


def by_hand(inputs: np.ndarray, bias: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """Return h(t) = tanh(W h(t-1) + W_in x(t) + b) and W_out h(t), (n_steps, n) each."""
    h, states = np.zeros(3), []
    for x in inputs:
        h = np.tanh(W @ h + W_IN @ x + bias)
        states.append(h)
    return np.array(states), np.array(states) @ W_OUT.T


def test_the_network_is_the_recurrence_of_its_matrices() -> None:
    inputs = np.random.default_rng(0).standard_normal((7, 2))
    net = gn.compile(from_matrix(W, w_in=W_IN, w_out=W_OUT, bias=0.3))
    np.testing.assert_allclose(net.run(inputs[None])[0], by_hand(inputs, 0.3)[1], rtol=1e-13, atol=1e-15)


def test_without_w_out_every_neuron_is_an_output() -> None:
    inputs = np.random.default_rng(0).standard_normal((7, 2))
    table = from_matrix(W, w_in=W_IN)
    graph = table.to_networkx()
    assert list(graph) == [("input", 0), ("input", 1), ("hidden", 0), ("hidden", 1), ("hidden", 2)]
    assert [graph.nodes["hidden", i]["role"] for i in range(3)] == ["output"] * 3
    np.testing.assert_allclose(gn.compile(table).run(inputs[None])[0], by_hand(inputs)[0], rtol=1e-13, atol=1e-15)


def test_nodes_synapses_and_delays() -> None:
    """Zeros of a dense array are not synapses; those of the matrix have delay 1, those of inputs and outputs none."""
    table = from_matrix(W, w_in=W_IN, w_out=W_OUT)
    assert isinstance(table, gn.GraphTable)
    hidden = [("hidden", i) for i in range(3)]
    assert synapses(table) == {
        (hidden[1], hidden[0]): (0.5, 1),
        (hidden[0], hidden[1]): (-0.25, 1),
        (hidden[2], hidden[1]): (1.0, 1),
        (hidden[2], hidden[2]): (0.75, 1),
        (("input", 0), hidden[0]): (1.0, 0),
        (("input", 1), hidden[1]): (2.0, 0),
        (("input", 0), hidden[2]): (0.5, 0),
        (hidden[0], ("output", 0)): (1.0, 0),
        (hidden[2], ("output", 0)): (-1.0, 0),
    }
    said = dict(table.to_networkx().nodes(data=True))
    assert said["input", 1] == {"role": "input"}
    assert said["output", 0] == {"role": "output"}
    assert said["hidden", 0] == {"activation": "tanh"}


KINDS = [sparse.csr_array, sparse.csc_array, sparse.coo_array, sparse.lil_array, sparse.csr_matrix, sparse.coo_matrix]


@pytest.mark.parametrize("kind", [*KINDS, np.asarray, np.ndarray.tolist, np.float32, np.asfortranarray])
def test_every_kind_of_matrix_gives_the_same_drawing(kind: Any) -> None:
    one = from_matrix(kind(W), w_in=kind(W_IN), w_out=kind(W_OUT)).to_networkx()
    other = from_matrix(W, w_in=W_IN, w_out=W_OUT).to_networkx()
    assert list(one.nodes(data=True)) == list(other.nodes(data=True))
    assert list(one.edges(data=True)) == list(other.edges(data=True))


@pytest.mark.parametrize("kind", [sparse.csr_array, sparse.coo_array, sparse.csc_array])
def test_explicit_zeros_of_a_sparse_matrix_are_synapses(kind: Any) -> None:
    matrix = kind(sparse.coo_array((np.array([0.0, 0.5]), ([0, 1], [1, 0])), shape=(2, 2)))
    assert matrix.nnz == 2
    assert synapses(from_matrix(matrix)) == {
        (("hidden", 1), ("hidden", 0)): (0.0, 1),
        (("hidden", 0), ("hidden", 1)): (0.5, 1),
    }


def test_duplicates_add_up_and_the_matrix_stays_as_it_was() -> None:
    matrix = sparse.coo_array((np.array([1.0, 0.5, 1.0, -1.0]), ([0, 0, 1, 1], [1, 1, 0, 0])), shape=(2, 2))
    assert synapses(from_matrix(matrix)) == {
        (("hidden", 1), ("hidden", 0)): (1.5, 1),
        (("hidden", 0), ("hidden", 1)): (0.0, 1),
    }
    assert matrix.nnz == 4
    rows = sparse.csr_array((np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 2, 2])), shape=(2, 2))
    assert synapses(from_matrix(rows)) == {(("hidden", 1), ("hidden", 0)): (3.0, 1)}
    assert rows.nnz == 2
    assert rows.data.tolist() == [1.0, 2.0]


def test_later_changes_of_the_matrix_change_nothing() -> None:
    for matrix in (W.copy(), sparse.csr_array(W)):
        table = from_matrix(matrix)
        before = synapses(table)
        if sparse.issparse(matrix):
            matrix.data[:] = 9
        else:
            matrix[:] = 9
        assert synapses(table) == before


@pytest.mark.parametrize("dtype", [bool, int, np.int8, np.float32])
def test_any_real_numbers(dtype: type) -> None:
    table = from_matrix(np.eye(2, dtype=dtype))
    assert set(synapses(table).values()) == {(1.0, 1)}
    gn.validate(table)


def test_node_attributes_are_scalars_or_one_for_each_neuron() -> None:
    graph = from_matrix(
        W,
        w_in=W_IN,
        w_out=W_OUT,
        activation=["relu", "tanh", "sin"],
        bias=np.array([0.1, 0.2, 0.3]),
        initial=0.5,
        train_bias=[True, False, True],
        cell_type=["A", "B", "A"],
        region="left",
    ).to_networkx()
    assert graph.nodes["hidden", 1] == {
        "activation": "tanh",
        "bias": 0.2,
        "initial": 0.5,
        "train_bias": False,
        "cell_type": "B",
        "region": "left",
    }
    assert graph.nodes["hidden", 2]["activation"] == "sin"
    assert graph.nodes["input", 0] == {"role": "input"}
    assert graph.nodes["output", 0] == {"role": "output"}


def test_none_for_all_is_not_given() -> None:
    graph = from_matrix(W, group=None, tau=None)
    gn.validate(graph)
    assert gn.compile(graph).n_nodes == 3


def test_neurons_can_be_learnt_and_come_back_as_a_graph() -> None:
    net = gn.compile(from_matrix(W, w_in=W_IN, w_out=W_OUT))
    _, gradient = net.value_and_grad(np.ones((1, 4, 2)), np.zeros((1, 4, 1)))
    net.parameters = net.parameters - 0.1 * gradient
    again = gn.compile(net.to_graph())
    assert np.array_equal(again.run(np.ones((1, 4, 2))), net.run(np.ones((1, 4, 2))))


def test_an_empty_matrix_with_inputs_and_outputs_only() -> None:
    net = gn.compile(from_matrix(np.zeros((2, 2)), w_in=np.ones((2, 1)), w_out=np.ones((1, 2)), activation="identity"))
    assert net.n_edges == 4
    assert net.run([[[3.0]]]).item() == 6.0


@pytest.mark.parametrize(
    ("matrices", "parts"),
    [
        ((np.ones((2, 3)),), ["W", "(2, 3)", "(n, n)"]),
        ((np.ones(3),), ["W", "(3,)"]),
        ((np.ones((2, 2, 2)),), ["W", "(2, 2, 2)"]),
        ((np.eye(2) * 1j,), ["W", "complex128", "real"]),
        ((sparse.eye_array(2, dtype=complex),), ["W", "complex128", "real"]),
        ((np.array([[None]]),), ["W", "object"]),
        (("abc",), ["W"]),
        ((None,), ["W"]),
        (([[1.0], [1.0, 2.0]],), ["W"]),
        ((np.eye(2), np.ones((3, 1))), ["w_in", "(3, 1)", "(n, n_inputs)", "2"]),
        ((np.eye(2), np.ones((1, 2))), ["w_in", "(1, 2)", "(n, n_inputs)", "2"]),
        ((np.eye(2), np.ones(2)), ["w_in", "(2,)"]),
        ((np.eye(2), None, np.ones((2, 1))), ["w_out", "(2, 1)", "(n_outputs, n)", "2"]),
        ((np.eye(2), None, np.ones(2)), ["w_out", "(2,)"]),
    ],
)
def test_bad_matrices(matrices: tuple, parts: list[str]) -> None:
    with pytest.raises(gn.GraphError) as caught:
        from_matrix(matrices[0], **dict(zip(("w_in", "w_out"), matrices[1:], strict=False)))
    for part in parts:
        assert part in str(caught.value)


@pytest.mark.parametrize("values", [[0.1], [0.1, 0.2, 0.3, 0.4], np.zeros(2), ()])
def test_as_many_attributes_as_neurons(values: Any) -> None:
    with pytest.raises(gn.GraphError, match=rf"bias has {len(values)} values for 3 neurons"):
        from_matrix(W, bias=values)


@pytest.mark.parametrize(
    ("attributes", "part"),
    [
        ({"bias": ["a", 0.0, 0.0]}, "('hidden', 0)"),
        ({"bias": [0.0, np.nan, 0.0]}, "('hidden', 1)"),
        ({"activation": "tahn"}, "'tahn'"),
        ({"bais": 0.5}, "'bias'"),
    ],
)
def test_bad_attributes_are_found_with_the_rest_of_the_drawing(attributes: dict, part: str) -> None:
    table = from_matrix(W, w_in=W_IN, **attributes)
    with pytest.raises(gn.GraphError) as caught:
        gn.validate(table)
    assert part in str(caught.value)
    assert all("node ('hidden', " in problem for problem in caught.value.problems)


def test_a_weight_that_is_not_finite_is_named() -> None:
    matrix = W.copy()
    matrix[1, 2] = np.inf
    with pytest.raises(gn.GraphError, match=r"edge \(\('hidden', 2\), \('hidden', 1\)\): weight=inf"):
        gn.compile(from_matrix(matrix))


@pytest.mark.costly
def test_a_million_synapses_never_pass_through_networkx(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gn.GraphTable, "to_networkx", lambda self: pytest.fail("a networkx graph is made"))
    monkeypatch.setattr(gn.GraphTable, "from_networkx", lambda graph: pytest.fail("a networkx graph is read"))
    n = 20_000
    matrix = sparse.random_array((n, n), density=1e6 / n**2, rng=0, format="csr")
    net = gn.compile(from_matrix(matrix, w_in=np.ones((n, 1))))
    assert net.n_edges == matrix.nnz + n
    assert net.run(np.zeros((1, 1, 1))).shape == (1, 1, n)


SMALL = ["bool", "int8", "uint8", "int16", "uint16", "int32", "float32", "uint64"]


@pytest.mark.parametrize("dtype", SMALL)
@pytest.mark.parametrize("which", ["W", "w_in", "w_out"])
def test_duplicates_add_up_in_double_precision(dtype: str, which: str) -> None:
    """Catches sums in the dtype of the matrix: 200 + 100 is 44 in uint8."""
    largest = {"b": 1, "i": 100, "u": 200, "f": 3e38}[np.dtype(dtype).kind]
    values = np.array([largest] * 3, dtype)
    matrix = sparse.coo_array((values, ([0, 0, 0], [0, 0, 0])), shape=(1, 1))
    assert from_matrix(**{"W": np.zeros((1, 1)), which: matrix}).edge("weight").tolist() == [3.0 * float(values[0])]


@pytest.mark.parametrize("dtype", [*SMALL, "float16", "int64", "float64", "longdouble"])
def test_weights_are_in_double_precision(dtype: str) -> None:
    matrix = np.array([[1, 0], [1, 1]], dtype)
    weight = from_matrix(matrix, w_in=matrix, w_out=matrix).edge("weight")
    assert weight.dtype == np.float64
    assert weight.tolist() == [1.0] * 9


@pytest.mark.parametrize("which", ["W", "w_in", "w_out", "bias", "activation", "cell_type"])
@pytest.mark.parametrize("wrap", [lambda array: array, list], ids=["array", "list"])
def test_what_is_masked_is_refused_and_an_empty_mask_is_not(which: str, wrap: Any) -> None:
    array = np.full((2, 2), 0.5) if which in ("W", "w_in", "w_out") else np.array(["tanh", "tanh"])
    if which == "bias":
        array = np.ones(2)
    given = {"W": np.eye(2), "w_out": np.eye(2)}
    mask = np.zeros(array.shape, bool)
    gn.validate(from_matrix(**{**given, which: wrap(np.ma.masked_array(array, mask))}))
    mask[..., -1] = True
    with pytest.raises(gn.GraphError, match=rf"^{which}: . of . entr.* masked, and masks are not read: "):
        from_matrix(**{**given, which: wrap(np.ma.masked_array(array, mask))})


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT])
@pytest.mark.parametrize("name", ["bias", "tie", "group", "tau", "cell_type", "train_bias"])
def test_what_a_column_of_a_frame_lacks_is_not_given(name: str, missing: Any) -> None:
    value = {"bias": 0.5, "tau": 2.0, "train_bias": False}.get(name, "a")
    frame = pd.DataFrame({name: pd.Series([value, missing, value], dtype=object)})
    more = {"activation": ["softmax", "tanh", "softmax"]} if name == "group" else {}
    table = from_matrix(W, **{name: frame[name]}, **more)
    gn.validate(table)
    nodes = table.to_networkx().nodes
    assert [nodes["hidden", i].get(name) for i in range(3)] == [value, None, value]
    assert name not in nodes["hidden", 1]


def test_columns_of_any_dtype_of_pandas() -> None:
    for column, given in [
        (pd.Series([0.5, None, 1.0], dtype="Float64"), [0.5, 0.0, 1.0]),
        (pd.Series([1, None, 2], dtype="Int8"), [1.0, 0.0, 2.0]),
        (pd.Series([0.5, np.nan, 1.0], index=[7, 8, 9]), [0.5, 0.0, 1.0]),
        (pd.Series([0.5, 0.25, 1.0], dtype="float32"), [0.5, 0.25, 1.0]),
    ]:
        table = from_matrix(W, bias=column)
        gn.validate(table)
        assert table.node("bias").tolist() == given


def test_what_an_array_holds_is_given_nan_too() -> None:
    with pytest.raises(gn.GraphError, match=r"node \('hidden', 1\): bias=nan"):
        gn.validate(from_matrix(W, bias=np.array([0.0, np.nan, 0.0])))


def test_a_missing_entry_of_a_frame_is_no_synapse() -> None:
    frame = pd.DataFrame(W).where(W != 0)
    assert frame.isna().any(axis=None)
    for given in (frame, frame.astype("Float64")):
        assert synapses(from_matrix(given)) == synapses(from_matrix(W))
    with pytest.raises(gn.GraphError, match=r"W is no matrix of real numbers: .*'a'"):
        from_matrix(pd.DataFrame([["a"]]))


@pytest.mark.parametrize("side", ["source", "target"])
def test_columns_of_a_table_are_not_masked(side: str) -> None:
    ends = {"source": np.array([0, 1]), "target": np.array([1, 0])}
    masked = np.ma.masked_array(ends[side], [True, False])
    with pytest.raises(gn.GraphError, match=f"{side}: 1 of 2 entries is masked"):
        gn.GraphTable(["a", "b"], **{**ends, side: masked})
    with pytest.raises(gn.GraphError, match=r"1 of 2 entries is masked, .*: say which rows are given, as declared="):
        Column(masked)
    column = Column(np.ma.masked_array([1.0, 2.0], [False, False]))
    assert type(column.values) is np.ndarray


def test_names_of_the_neurons() -> None:
    plain, named = (
        from_matrix(W, w_in=W_IN, w_out=W_OUT),
        from_matrix(W, w_in=W_IN, w_out=W_OUT, names=["a", 7, ("b", 1)]),
    )
    assert named.nodes == [("input", 0), ("input", 1), "a", 7, ("b", 1), ("output", 0)]
    for column in ("source", "target"):
        np.testing.assert_array_equal(getattr(named, column), getattr(plain, column))
    ids = from_matrix(W, names=np.array([720575940621039145, 1, 2])).nodes
    assert ids == [720575940621039145, 1, 2]
    assert all(type(name) is int for name in ids)
    assert from_matrix(pd.DataFrame(W, list("abc")), names=pd.Index(list("abc"))).nodes == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ("abc", r"names='abc' is one name and not a list: write names=\['abc'\]"),
        (["a", "b"], "names has 2 names for 3 neurons"),
        (["a", "b", "a"], "names: 'a' names several nodes"),
        (["a", "b", ("input", 0)], r"names: \('input', 0\) names several nodes"),
        (["a", None, float("nan")], r"(?s)names\[1\] is None, no name of a node.*names\[2\] is nan, no name of a node"),
        (["a", "b", []], r"names\[2\] is \[\], no name of a node"),
        (np.ma.masked_equal([1, 2, 3], 2), "names: 1 of 3 entries is masked, .*: give every neuron a name"),
    ],
)
def test_names_that_are_none(names: Any, says: str) -> None:
    with pytest.raises(gn.GraphError, match=says):
        from_matrix(W, w_in=W_IN, names=names)


def test_entries_as_scale_leave_weights_open() -> None:
    table = from_matrix(3 * W, w_in=W_IN, w_out=W_OUT, as_scale=True)
    weights = from_matrix(3 * W, w_in=W_IN, w_out=W_OUT)
    np.testing.assert_array_equal(table.edge("scale"), weights.edge("weight"))
    assert not table.edge_gives("weight").any()
    net = gn.compile(table, seed=0)
    drawn = {row.key: row.value for row in net.parameter_table() if row.kind == "weight"}
    matrices = net.matrices()
    assert matrices[1].toarray()[4, 3] == 3 * W[2, 1] * drawn.get((("hidden", 1), ("hidden", 2)), 0.0)
    edge = (("hidden", 0), ("hidden", 1))
    assert matrices[1].toarray()[3, 2] == 3 * W[1, 0] * drawn[edge] != 0
    with pytest.raises(gn.GraphError, match="as_scale='yes' is neither True nor False"):
        from_matrix(W, as_scale="yes")
