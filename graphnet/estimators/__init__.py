"""Estimators for scikit-learn and forecasts of tables: ``pip install 'graphnet-engine[sklearn]'``."""

from importlib.util import find_spec as _find_spec
from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING or _find_spec("sklearn") is not None:
    from .classifier import GraphClassifier
    from .forecaster import GraphForecaster
    from .regressor import GraphRegressor
else:
    from .absent import GraphClassifier, GraphForecaster, GraphRegressor  # type: ignore[assignment]

__all__ = ["GraphClassifier", "GraphForecaster", "GraphRegressor"]
