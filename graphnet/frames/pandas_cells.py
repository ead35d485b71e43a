"""Columns of pandas as cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from .cells import Cells, none_if_all_given, of_codes, of_objects, of_whole, stripped

if TYPE_CHECKING:
    import pandas

_EXACT = {2: 1 << 11, 4: 1 << 24}
"""Largest whole number of floats of some bytes that is told from its neighbours."""


def of_series(series: pandas.Series[Any]) -> Cells:
    """Return the cells of a column of pandas: of NumPy, nullable, of arrow, categorical or of objects."""
    kind, dtype = series.dtype.kind, series.dtype
    if hasattr(series, "cat") and dtype.name == "category":
        return of_codes(series.cat.codes.to_numpy().astype(np.int32), of_series(series.cat.categories.to_series()))
    missing = none_if_all_given(series.isna().to_numpy(bool))
    if kind in "iub" and "decimal" not in dtype.name:
        wanted = {"i": np.int64, "u": np.uint64, "b": np.bool_}[kind]
        zero: Any = wanted(0)
        return of_whole(series.to_numpy(wanted) if missing is None else series.to_numpy(wanted, na_value=zero), missing)
    if kind == "f":
        values = series.to_numpy(np.float64, na_value=np.nan)
        exact = _EXACT.get(getattr(dtype, "itemsize", 8), 1 << 53)
        return Cells(values, none_if_all_given(np.isnan(values)), exact=exact)
    if kind == "O" and dtype.name.startswith("decimal"):
        values = series.to_numpy(np.float64, na_value=np.nan)
        return Cells(values, missing)
    if dtype.name.startswith(("str", "string", "large_string")):
        import pandas

        codes, words = pandas.factorize(series)
        return stripped(Cells(np.asarray(codes, np.int32), missing), list(words))
    values = np.empty(len(series), object)
    values[:] = series.tolist()
    return of_objects(values, missing)
