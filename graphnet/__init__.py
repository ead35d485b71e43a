"""Recurrent neural networks drawn as directed graphs, compiled to sparse matrices, with exact gradients.

>>> import graphnet as gn
>>> net = gn.compile(gn.graphs.elman(n_inputs=2, n_hidden=8, n_outputs=1), seed=0)
>>> net
<graphnet.Network: 2 inputs, 1 outputs, 11 nodes, 88 edges, 97 parameters, float64>
"""

from importlib import import_module as _import_module
from typing import TYPE_CHECKING as _TYPE_CHECKING
from typing import Any as _Any

from ._version import __version__

if _TYPE_CHECKING:
    from . import analysis, bench, graphs, io, losses, metrics, plots, search, testing
    from .compiler.initial import initializers
    from .errors import DataError, GraphError, GraphWarning
    from .estimators import GraphClassifier, GraphForecaster, GraphRegressor
    from .execute.contract import State
    from .execute.fast.pool import get_num_threads, set_num_threads
    from .io import load, read_graph, save, write_graph
    from .language import activations
    from .language.feedback import Feedback, feedback
    from .language.nearest import nearest_names
    from .language.table import Column, GraphTable
    from .language.validation import validate
    from .network.network import Network, compile
    from .network.results import Run
    from .network.simulate import Simulator
    from .page.view import view
    from .search import sweep
    from .train import (
        DivergedError,
        FitSettings,
        GradientWarning,
        History,
        RunFolder,
        evaluate,
        fit,
        loggers,
        open_run,
        resume,
        ridge,
    )
    from .train.rules import optimizers, schedules

# modules of the public names, which are imported on first use to keep `import graphnet` fast
_WHERE = {
    "Column": ".language.table",
    "DataError": ".errors",
    "DivergedError": ".train",
    "Feedback": ".language.feedback",
    "FitSettings": ".train",
    "GradientWarning": ".train",
    "GraphClassifier": ".estimators",
    "GraphError": ".errors",
    "GraphForecaster": ".estimators",
    "GraphRegressor": ".estimators",
    "GraphTable": ".language.table",
    "GraphWarning": ".errors",
    "History": ".train",
    "Network": ".network.network",
    "Run": ".network.results",
    "RunFolder": ".train",
    "Simulator": ".network.simulate",
    "State": ".execute.contract",
    "compile": ".network.network",
    "evaluate": ".train",
    "feedback": ".language.feedback",
    "fit": ".train",
    "get_num_threads": ".execute.fast.pool",
    "load": ".io",
    "nearest_names": ".language.nearest",
    "open_run": ".train",
    "read_graph": ".io",
    "resume": ".train",
    "ridge": ".train",
    "save": ".io",
    "set_num_threads": ".execute.fast.pool",
    "sweep": ".search",
    "validate": ".language.validation",
    "view": ".page.view",
    "write_graph": ".io",
}
_MODULES = {
    "activations": ".language.activations",
    "analysis": ".analysis",
    "bench": ".bench",
    "graphs": ".graphs",
    "initializers": ".compiler.initial.initializers",
    "io": ".io",
    "loggers": ".train.loggers",
    "losses": ".losses",
    "metrics": ".metrics",
    "optimizers": ".train.rules.optimizers",
    "plots": ".plots",
    "schedules": ".train.rules.schedules",
    "search": ".search",
    "testing": ".testing",
}

__all__ = [
    "Column",
    "DataError",
    "DivergedError",
    "Feedback",
    "FitSettings",
    "GradientWarning",
    "GraphClassifier",
    "GraphError",
    "GraphForecaster",
    "GraphRegressor",
    "GraphTable",
    "GraphWarning",
    "History",
    "Network",
    "Run",
    "RunFolder",
    "Simulator",
    "State",
    "__version__",
    "activations",
    "analysis",
    "bench",
    "compile",
    "evaluate",
    "feedback",
    "fit",
    "get_num_threads",
    "graphs",
    "initializers",
    "io",
    "load",
    "loggers",
    "losses",
    "metrics",
    "nearest_names",
    "open_run",
    "optimizers",
    "plots",
    "read_graph",
    "resume",
    "ridge",
    "save",
    "schedules",
    "search",
    "set_num_threads",
    "sweep",
    "testing",
    "validate",
    "view",
    "write_graph",
]


def __getattr__(name: str) -> _Any:
    if name in _MODULES:
        value: _Any = _import_module(_MODULES[name], __name__)
    elif name in _WHERE:
        value = getattr(_import_module(_WHERE[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
