"""The attributes of the language: one table from which validation, documentation and test strategies are made.

A row is an attribute that a node or an edge may have: its name, the kind of its values, default, range, unit and
meaning.  As a value, ``None`` means "not given" if the default is none (``optional``), and is an error otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, Literal

from .activations import ACTIVATION_NAMES

Kind = Literal["number", "whole", "boolean", "choice", "name"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One row of the table.

    ``kind`` is the kind of its values: ``number`` (finite, real), ``whole`` (whole number), ``boolean``, ``choice``
    (one of ``choices``) or ``name`` (any hashable).  ``default`` is the value if none is given; if the default depends
    on the rest of the drawing, ``computed`` describes it and ``default`` is None.  ``allowed`` tests a value of the
    right kind, and ``range`` says the same in words.  ``on_inputs`` says that inputs may have it, and
    ``free_on_edges`` that edges may have a custom attribute of the name of this one of nodes.
    """

    name: str
    kind: Kind
    default: Any
    meaning: str
    computed: str = ""
    optional: bool = False
    range: str = ""
    allowed: Callable[[Any], Any] | None = None
    choices: Collection[Any] = ()
    unit: str = ""
    on_inputs: bool = False
    free_on_edges: bool = False


LEAST_LEAK = 1e-3
"""Smallest leaking rate that is learnt: with a smaller one a neuron would hardly change, nor its gradient reach it."""


def _not_negative(value: Any) -> Any:
    return value >= 0


def _positive(value: Any) -> Any:
    return value > 0


def _rate(value: Any) -> Any:
    return (value > 0) & (value <= 1)


NODE_ATTRIBUTES: dict[str, Attribute] = {
    attribute.name: attribute
    for attribute in (
        Attribute(
            "role",
            "choice",
            None,
            "'input': its value is the data's; 'output': its value is reported; none: hidden",
            optional=True,
            choices=("input", "output"),
            on_inputs=True,
        ),
        Attribute(
            "layer",
            "number",
            None,
            "orders neurons; only sets default delays and names feedback",
            computed="inputs before every layer, outputs after every layer, hidden neurons 0",
            on_inputs=True,
            free_on_edges=True,
        ),
        Attribute(
            "activation",
            "choice",
            None,
            "the function f in y = f(z)",
            computed="'tanh', and 'identity' for an output",
            choices=ACTIVATION_NAMES,
        ),
        Attribute("bias", "number", 0.0, "b in z = b + the sum over incoming synapses"),
        Attribute("train_bias", "boolean", True, "whether the bias is learnt"),
        Attribute("initial", "number", 0.0, "value before the sequence starts"),
        Attribute("train_initial", "boolean", False, "whether the initial value is learnt"),
        Attribute(
            "leak",
            "number",
            1.0,
            "leaking rate of an echo-state neuron: y(t) = (1 - leak) y(t-1) + leak f(z(t))",
            range="in (0, 1]",
            allowed=_rate,
        ),
        Attribute(
            "train_leak",
            "boolean",
            False,
            f"whether leak is learnt, and kept in [{LEAST_LEAK:g}, 1]",
        ),
        Attribute(
            "tau",
            "number",
            None,
            "time constant: s(t) = s(t-1) + dt/tau (z(t) - s(t-1)), y = f(s)",
            optional=True,
            range="positive",
            allowed=_positive,
            unit="that of dt",
        ),
        Attribute("train_tau", "boolean", False, "whether tau is learnt"),
        Attribute(
            "group",
            "name",
            None,
            "neurons that softmax or standardize act over together",
            optional=True,
            free_on_edges=True,
        ),
        Attribute(
            "reverse",
            "boolean",
            False,
            "lives in reversed time, as the second half of a bidirectional network",
            free_on_edges=True,
        ),
        Attribute(
            "onset",
            "whole",
            0,
            "before this step the value is initial",
            range=">= 0",
            allowed=_not_negative,
            unit="steps",
            free_on_edges=True,
        ),
        Attribute(
            "sign",
            "whole",
            0,
            "Dale's law: the strength scale * w of every outgoing synapse keeps this sign or is 0; 0 leaves it free",
            range="-1, 0 or +1",
            allowed=lambda value: abs(value) <= 1,
            on_inputs=True,
        ),
        Attribute(
            "tie",
            "name",
            None,
            "neurons of one name share bias, initial, tau and leak",
            optional=True,
        ),
    )
}

EDGE_ATTRIBUTES: dict[str, Attribute] = {
    attribute.name: attribute
    for attribute in (
        Attribute(
            "weight",
            "number",
            None,
            "initial value of w, the factor that is learnt",
            computed="drawn from a normal distribution with deviation 1/fan, of the synapses into the target",
        ),
        Attribute("scale", "number", 1.0, "fixed factor, such as a synapse count"),
        Attribute("trainable", "boolean", True, "False: w stays at weight, or at what was drawn"),
        Attribute(
            "delay",
            "whole",
            None,
            "how many steps the source's value takes to arrive",
            computed="0 forward in the order of layers, otherwise 1",
            range=">= 0",
            allowed=_not_negative,
            unit="steps",
        ),
        Attribute("gate", "name", None, "a node whose value multiplies this synapse", optional=True),
        Attribute(
            "gate_delay",
            "whole",
            None,
            "how many steps the gate's value takes to arrive",
            computed="as for delay, from the gate to the target",
            range=">= 0",
            allowed=_not_negative,
            unit="steps",
        ),
        Attribute("tie", "name", None, "synapses of one name share w, but not scale", optional=True),
        Attribute(
            "sign",
            "whole",
            None,
            "the strength scale * w keeps this sign or is 0; 0 frees it, also from the sign of its source",
            computed="that of its source",
            range="-1, 0 or +1",
            allowed=lambda value: abs(value) <= 1,
        ),
    )
}

NOT_ON_NODES = frozenset(EDGE_ATTRIBUTES.keys() - NODE_ATTRIBUTES.keys())
NOT_ON_EDGES = frozenset(
    name for name in NODE_ATTRIBUTES.keys() - EDGE_ATTRIBUTES.keys() if not NODE_ATTRIBUTES[name].free_on_edges
)
"""Names that a custom attribute of nodes, or of edges, cannot have: they are attributes of the other side."""

FREE_NAMES = frozenset({"time", "height"})
"""Custom names that would otherwise be taken for misspelt attributes."""


def meant(name: Any, table: dict[str, Attribute]) -> str | None:
    """Return the attribute of ``table`` that ``name`` was probably meant to be, or None if it is a custom name.

    A name resembles another if, case folded, ``difflib`` finds a ratio of at least 0.8, or if two neighbouring letters
    are swapped.

    >>> meant("activaton", NODE_ATTRIBUTES), meant("bais", NODE_ATTRIBUTES), meant("Tau", NODE_ATTRIBUTES)
    ('activation', 'bias', 'tau')
    >>> meant("height", EDGE_ATTRIBUTES) is None
    True
    """
    if not isinstance(name, str) or name in table or name.casefold() in FREE_NAMES:
        return None
    return _resembling(name.casefold(), tuple(table))


@lru_cache(maxsize=1024)
def _resembling(folded: str, table: tuple[str, ...]) -> str | None:
    swapped = {folded[:i] + folded[i + 1] + folded[i] + folded[i + 2 :] for i in range(len(folded) - 1)}
    ratios = {known: SequenceMatcher(None, folded, known).ratio() for known in table}
    best = max(ratios, key=lambda known: (known in swapped, ratios[known]))
    return best if best in swapped or ratios[best] >= 0.8 else None
