"""Estimators for scikit-learn and forecasts of tables: ``pip install 'graphnet-engine[sklearn]'``."""

from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING as _TYPE_CHECKING

if not _TYPE_CHECKING and _find_spec("sklearn") is None:
    from .absent import GraphClassifier, GraphForecaster, GraphRegressor
else:
    from .classifier import GraphClassifier
    from .forecaster import GraphForecaster
    from .regressor import GraphRegressor

__all__ = ["GraphClassifier", "GraphForecaster", "GraphRegressor"]
