"""Searches with Optuna, in reading order: space, candidates, storage, trials, worker, dispatch, sweep, results."""

from .kinds import kinds
from .results import Best, fit_best, importances, table
from .sweep import SAMPLERS, sweep

__all__ = ["SAMPLERS", "Best", "fit_best", "importances", "kinds", "sweep", "table"]
