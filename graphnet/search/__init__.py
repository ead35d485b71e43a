"""Searches with Optuna; to be read in this order: space, options, candidates, trials, worker, dispatch, sweep."""

from ..graphs.kinds import kinds
from .held import held
from .results import Best, fit_best, importances, table
from .sweep import SAMPLERS, sweep

__all__ = ["SAMPLERS", "Best", "fit_best", "held", "importances", "kinds", "sweep", "table"]
