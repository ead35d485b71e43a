"""Placeholder."""


class GraphForecaster: ...
