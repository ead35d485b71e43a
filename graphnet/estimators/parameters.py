"""Parameters of the estimators: their own, and every setting of a fit, made from `FitSettings`.

scikit-learn asks for an ``__init__`` that names its parameters and does nothing but keep them.  It is that of a
dataclass, made from the fields of `FitSettings`, of `Watchers` and of the tables here, as is the list of parameters in
a docstring.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, field, fields, make_dataclass
from functools import wraps
from inspect import signature
from typing import Any, TypeVar

from ..train.progress import Watchers
from ..train.settings import FitSettings
from ..train.signature import entry_of

Class = TypeVar("Class", bound=type)

NOT_HERE = ("seed", "checkpoint_every")
"""Settings of a fit that estimators do not have: the seed is ``random_state``, and checkpoints need a run folder."""
SETTINGS: tuple[Field[Any], ...] = tuple(
    each for each in (*fields(FitSettings), *fields(Watchers)) if each.name not in NOT_HERE
)
"""Settings of a fit that estimators have."""


def parameter(default: Any, shape: str, meaning: str) -> Any:
    """Return a field that is a parameter of an estimator: its default, its type in docstrings and a sentence on it."""
    return field(default=default, metadata={"meaning": meaning, "shape": shape})


DRAWING = {
    "graph": parameter(
        "gru",
        "str, networkx.DiGraph, networkx.MultiDiGraph or GraphTable",
        "Name of a kind of gn.graphs, or a drawing with the inputs and outputs that the data ask for.",
    ),
    "options": parameter(
        None,
        "dict",
        "Options of the kind, such as {'n_hidden': 64}; numbers of inputs and outputs come from the data, the number "
        "of neurons is 32 and the seed that of random_state unless given.  Each is also a parameter for set_params and "
        "searches: options__n_hidden.",
    ),
}
"""Parameters that may be given by position."""
NETWORK = {
    "dt": parameter(1.0, "float", "Step of time, in the unit of tau."),
    "dtype": parameter("float64", "'float64' or 'float32'", "Numbers that the network computes with."),
    "backend": parameter("auto", "'auto', 'fast', 'reference' or executor", "Executor, as for gn.compile."),
    "initializer": parameter(
        "fan_in", "str, mapping or object", "Distribution of the weights that are open, as for gn.compile."
    ),
    "standardize": parameter(
        True,
        "bool",
        "Standardise each channel, inside the network, and targets that are numbers, by mean and deviation of the data "
        "of the first fit.",
    ),
    "random_state": parameter(
        None, "int, RandomState or None", "Seed that every draw comes from; None draws one from fresh entropy."
    ),
}
"""Parameters of the network."""
_DEFAULTS = {"epochs": 100, "progress": False}
"""Defaults of settings of a fit that estimators change."""
_ALTERED = {"validation": {"shape": "float, (X, y) or (X, y, sample_weight)"}}
"""Metadata of settings of a fit that are other ones here."""


def with_parameters(own: dict[str, Any], **defaults: Any) -> Callable[[Class], Class]:
    """Give a class an ``__init__`` with the parameters of an estimator, and list them in its docstring.

    Parameters
    ----------
    own : dict of fields
        Parameters of this estimator alone, from `parameter`.
    **defaults
        Defaults of settings of a fit, in place of those of `FitSettings`.
    """

    def give(made: Class) -> Class:
        declared: list[tuple[str, Any, Any]] = [(name, each.metadata["shape"], each) for name, each in DRAWING.items()]
        for each in SETTINGS:
            default = {**_DEFAULTS, **defaults}.get(each.name, each.default)
            assert default is not MISSING
            metadata = {**each.metadata, **_ALTERED.get(each.name, {})}
            declared.append((each.name, each.type, field(default=default, kw_only=True, metadata=metadata)))
        for name, each in {**NETWORK, **own}.items():
            copied = field(default=each.default, kw_only=True, metadata=each.metadata)
            declared.append((name, each.metadata["shape"], copied))
        like = make_dataclass(made.__name__, declared, eq=False, repr=False)
        inherited = made.__init__  # type: ignore[misc]
        is_plain = inherited is object.__init__
        made.__init__ = like.__init__ if is_plain else _both(like.__init__, inherited)  # type: ignore[misc]
        made.__init__.__qualname__ = f"{made.__qualname__}.__init__"  # type: ignore[misc]
        entries = "".join(map(entry_of, fields(like)))
        made.__doc__ = (made.__doc__ or "").replace("    {parameters}\n", _indented(entries))
        return made

    return give


def _both(keep: Callable[..., None], begin: Callable[..., None]) -> Callable[..., None]:
    """Return an ``__init__`` that keeps the parameters and then calls that of the base class."""

    @wraps(keep)
    def init(self: Any, *args: Any, **named: Any) -> None:
        keep(self, *args, **named)
        begin(self)

    init.__signature__ = signature(keep)  # type: ignore[attr-defined]
    return init


def _indented(text: str) -> str:
    return "".join(f"    {line}\n" if line else "\n" for line in text.splitlines())
