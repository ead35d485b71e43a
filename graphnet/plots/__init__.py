"""Plots of drawings, networks and results, with matplotlib: ``pip install 'graphnet-engine[plot]'``.

Each function takes the axes to draw on as ``ax=`` (by default those of a new figure) and returns them.
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ..language.nearest import did_you_mean as _did_you_mean

if _TYPE_CHECKING:
    from .blocks import matrix
    from .classes import confusion
    from .directions import tuning
    from .drawing import draw
    from .eigenvalues import spectrum
    from .epochs import history
    from .flow import gradient_flow
    from .forecasts import predictions
    from .gating import gates
    from .lags import attention
    from .removals import lesions
    from .scores import compare
    from .traces import activity
    from .trials import importance, parallel
    from .unrolling import unrolled

# modules of the plots, which are imported on first use; none has the name of a plot, which it would hide
_WHERE = {
    "activity": "traces",
    "attention": "lags",
    "compare": "scores",
    "confusion": "classes",
    "draw": "drawing",
    "gates": "gating",
    "gradient_flow": "flow",
    "history": "epochs",
    "importance": "trials",
    "lesions": "removals",
    "matrix": "blocks",
    "parallel": "trials",
    "predictions": "forecasts",
    "spectrum": "eigenvalues",
    "tuning": "directions",
    "unrolled": "unrolling",
}

__all__ = [
    "activity",
    "attention",
    "compare",
    "confusion",
    "draw",
    "gates",
    "gradient_flow",
    "history",
    "importance",
    "lesions",
    "matrix",
    "parallel",
    "predictions",
    "spectrum",
    "tuning",
    "unrolled",
]


def __getattr__(name: str) -> _Any:
    if name not in _WHERE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{_did_you_mean(name, _WHERE)}")
    value = getattr(_import_module(f".{_WHERE[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
