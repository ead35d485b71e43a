"""The forecaster with the interface of sktime, which has to be installed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np
import pandas as pd

from .forecaster import OF_SERIES, GraphForecaster
from .later import with_missing_rows
from .parameters import with_parameters

if TYPE_CHECKING:
    BaseForecaster: Any
else:
    try:
        from sktime.forecasting.base import BaseForecaster
    except ImportError:

        class BaseForecaster:
            """Stand-in where sktime is not installed: making one says what to install."""

            def __init__(self) -> None:
                raise ImportError(
                    "SktimeGraphForecaster needs sktime, which is not installed: pip install 'graphnet-engine[sktime]'"
                )


@with_parameters({"window": OF_SERIES["window"]})
class SktimeGraphForecaster(BaseForecaster):
    """Forecaster of sktime by a network that is drawn: `GraphForecaster`, whose horizon is the ``fh`` of fit.

    Parameters
    ----------
    {parameters}

    Attributes
    ----------
    forecaster_ : GraphForecaster
        The fitted forecaster, with its ``net_`` and ``history_``.

    Examples
    --------
    >>> from sktime.datasets import load_airline  # doctest: +SKIP
    >>> model = SktimeGraphForecaster("gru", window=24, epochs=50)  # doctest: +SKIP
    >>> model.fit(load_airline(), fh=[1, 2, 3]).predict()  # doctest: +SKIP
    """

    _tags = {  # noqa: RUF012
        "authors": "graphnet",
        "maintainers": "graphnet",
        "python_dependencies": "scikit-learn",
        "capability:multivariate": True,
        "capability:exogenous": True,
        "capability:insample": False,
        "capability:random_state": True,
        "property:randomness": "derandomized",
        "capability:missing_values": True,
        "capability:non_contiguous_X": True,
        "capability:update": True,
        "capability:categorical_in_X": False,
        "y_inner_mtype": "pd.DataFrame",
        "X_inner_mtype": "pd.DataFrame",
        "requires-fh-in-fit": True,
        "X-y-must-have-same-index": True,
    }

    forecaster_: GraphForecaster

    @classmethod
    def get_test_params(cls, parameter_set: str = "default") -> list[dict[str, Any]]:
        """Return parameters of forecasters that are quick to fit, for sktime's checks."""
        small = {"window": 3, "epochs": 1, "random_state": 0}
        return [
            {"graph": "elman", "options": {"n_hidden": 2}, **small},
            {"graph": "convolution", "options": {"n_channels": 2}, "backend": "reference", **small},
        ]

    def _fit(self, y: Any, X: Any, fh: Any) -> Self:
        horizon = [int(each) for each in fh.to_relative(self.cutoff)]
        model = GraphForecaster(**self.get_params(deep=False), horizon=sorted(horizon))
        self.forecaster_ = model.fit(y, X)
        return self

    def _predict(self, fh: Any, X: Any) -> Any:
        model = self.forecaster_
        if model._exogenous is not None and X is not None:
            X = with_missing_rows(X, model._known.after(model._horizon[-1]))
        found = model.predict(X if model._exogenous is not None else None)
        wanted = pd.Index(fh.to_absolute(self.cutoff).to_pandas())
        return pd.DataFrame(np.asarray(found)[np.argsort(np.argsort(wanted))], wanted, columns=found.columns)

    def _update(self, y: Any, X: Any = None, update_params: bool = True) -> Self:
        later = y.loc[y.index > self.forecaster_._known.index[-1]]
        if len(later):
            if self.forecaster_._exogenous is None:
                X = None
            self.forecaster_.update(later, X, epochs=self.epochs if update_params else 0)
        return self
