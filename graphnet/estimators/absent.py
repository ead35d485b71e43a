"""The estimators where scikit-learn is not installed: making one says what to install."""

from __future__ import annotations

from typing import Any


class _Absent:
    """Base of classes that need scikit-learn and have not got it."""

    def __init__(self, *args: Any, **named: Any) -> None:
        raise ImportError(
            f"{type(self).__name__} needs scikit-learn, which is not installed: pip install 'graphnet-engine[sklearn]'"
        )


class GraphClassifier(_Absent):
    """Classifier of sequences, without scikit-learn."""


class GraphRegressor(_Absent):
    """Regressor of sequences, without scikit-learn."""


class GraphForecaster(_Absent):
    """Forecaster of series, without scikit-learn."""
