"""The table of attributes: what it lists, and which misspellings it recognises."""

from __future__ import annotations

import pytest

from graphnet.language.activations import OVER_GROUPS, POINTWISE
from graphnet.language.schema import EDGE_ATTRIBUTES, NODE_ATTRIBUTES, meant

TABLES = {"node": NODE_ATTRIBUTES, "edge": EDGE_ATTRIBUTES}

DEFAULTS = {
    "node": {
        "role": None,
        "layer": None,
        "activation": None,
        "bias": 0.0,
        "train_bias": True,
        "initial": 0.0,
        "train_initial": False,
        "leak": 1.0,
        "train_leak": False,
        "tau": None,
        "train_tau": False,
        "group": None,
        "reverse": False,
        "onset": 0,
        "sign": 0,
        "tie": None,
    },
    "edge": {
        "weight": None,
        "scale": 1.0,
        "trainable": True,
        "delay": None,
        "gate": None,
        "gate_delay": None,
        "tie": None,
        "sign": None,
    },
}


@pytest.mark.parametrize("of", TABLES)
def test_the_language_has_these_attributes_with_these_defaults(of: str) -> None:
    found = {name: attribute.default for name, attribute in TABLES[of].items()}
    assert found == DEFAULTS[of]
    # 0 == False, and True == 1.0: a default is of its own type
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in DEFAULTS[of].items()
    }


def test_what_may_be_none_is_what_has_none_as_its_default() -> None:
    """A computed default (layer, weight, delay) is left out, not set to None."""
    optional = {(of, name) for of, table in TABLES.items() for name, row in table.items() if row.optional}
    assert optional == {
        ("node", "role"),
        ("node", "tau"),
        ("node", "group"),
        ("node", "tie"),
        ("edge", "gate"),
        ("edge", "tie"),
    }
    for of, name in optional:
        assert TABLES[of][name].default is None


def test_an_input_may_only_have_a_role_a_layer_and_a_sign() -> None:
    assert {name for name, row in NODE_ATTRIBUTES.items() if row.on_inputs} == {"role", "layer", "sign"}


def test_the_activations() -> None:
    pointwise = "identity tanh sigmoid relu leaky_relu elu softplus gelu sin gaussian hard_tanh"
    assert set(POINTWISE) == set(pointwise.split())
    assert set(OVER_GROUPS) == {"softmax", "standardize"}


@pytest.mark.parametrize("of", TABLES)
def test_every_row_says_what_it_means_and_what_its_range_is(of: str) -> None:
    for name, row in TABLES[of].items():
        assert row.name == name
        assert len(row.meaning) > 10, name
        assert bool(row.range) == (row.allowed is not None), f"{name}: a range is checked and said, or neither"
        assert bool(row.choices) == (row.kind == "choice"), name


@pytest.mark.parametrize(
    ("of", "written", "intended"),
    [
        ("node", "activaton", "activation"),
        ("node", "bais", "bias"),
        ("node", "Tau", "tau"),
        ("node", "BIAS", "bias"),
        ("node", "Role", "role"),
        ("node", "train_bais", "train_bias"),
        ("node", "onest", "onset"),
        ("edge", "dealy", "delay"),
        ("edge", "Weight", "weight"),
        ("edge", "wieght", "weight"),
        ("edge", "trainible", "trainable"),
        ("edge", "gatedelay", "gate_delay"),
        ("edge", "Scale", "scale"),
    ],
)
def test_a_misspelling_is_recognised(of: str, written: str, intended: str) -> None:
    assert meant(written, TABLES[of]) == intended


@pytest.mark.parametrize("of", TABLES)
def test_case_and_any_two_swapped_neighbours_are_recognised(of: str) -> None:
    for name in TABLES[of]:
        assert meant(name.upper(), TABLES[of]) == name
        for i in range(len(name) - 1):
            swapped = name[:i] + name[i + 1] + name[i] + name[i + 2 :]
            if swapped not in TABLES[of]:
                assert meant(swapped, TABLES[of]) == name, swapped


@pytest.mark.parametrize("of", TABLES)
@pytest.mark.parametrize("name", ["time", "height", "colour", "x", "type", "label", "", "cell type", 3, ("a", 1), None])
def test_names_of_the_users_own_are_left_alone(of: str, name: object) -> None:
    assert meant(name, TABLES[of]) is None


@pytest.mark.parametrize("of", TABLES)
def test_a_known_name_is_no_misspelling(of: str) -> None:
    assert [name for name in TABLES[of] if meant(name, TABLES[of]) is not None] == []


def test_a_name_is_compared_with_its_own_table_only() -> None:
    assert meant("weight", NODE_ATTRIBUTES) is None
    assert meant("Weight", NODE_ATTRIBUTES) is None
    assert meant("delay", NODE_ATTRIBUTES) is None
    assert meant("bias", EDGE_ATTRIBUTES) is None
    assert meant("activaton", EDGE_ATTRIBUTES) is None
