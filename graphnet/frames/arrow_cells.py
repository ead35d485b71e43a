"""Columns of arrow as cells, and files that pyarrow reads: Parquet and Feather."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from ..errors import DataError
from .cells import Cells, none_if_all_given, of_codes, of_objects, of_whole, stripped
from .existing import existing_file

_EXACT = {"halffloat": 1 << 11, "float": 1 << 24}


def of_chunks(column: Any) -> Cells:
    """Return the cells of a ``pyarrow.ChunkedArray``."""
    arrow = import_module("pyarrow")
    types, kind = arrow.types, column.type
    if types.is_dictionary(kind):
        return _of_dictionary(column)
    if _is_text(types, kind):
        return _of_dictionary(column.cast(arrow.large_string()).dictionary_encode())
    missing = _missing(column)
    if types.is_integer(kind) or types.is_boolean(kind):
        filled = column if missing is None else column.fill_null(False if types.is_boolean(kind) else 0)
        return of_whole(filled.to_numpy(), missing)
    if types.is_floating(kind) or types.is_decimal(kind):
        values = column.cast(arrow.float64()).to_numpy()
        return Cells(values, none_if_all_given(np.isnan(values)), exact=_EXACT.get(str(kind), 1 << 53))
    if types.is_null(kind):
        return Cells(np.zeros(len(column)), missing)
    values = np.empty(len(column), object)
    values[:] = column.to_pylist()
    return of_objects(values, missing)


def arrow_columns(path: str | os.PathLike[str]) -> tuple[list[str], Callable[[str], Cells]]:
    """Return the names of columns, and a function that reads a column of a file.

    Raises
    ------
    DataError
        If the file is missing or broken, or pyarrow is not installed.
    """
    file, where = existing_file(path), os.fspath(path)
    suffix = file.suffix.lower()
    try:
        arrow = import_module("pyarrow")
        module = import_module("pyarrow.parquet") if suffix == ".parquet" else import_module("pyarrow.feather")
    except ImportError as error:
        raise DataError(f"{where}: {suffix} takes pyarrow: pip install 'graphnet-engine[parquet]'") from error
    kind = "Parquet" if suffix == ".parquet" else "Feather"

    def trying(read: Callable[[], Any]) -> Any:
        try:
            return read()
        except (arrow.ArrowException, OSError, ValueError, TypeError, MemoryError, OverflowError) as error:
            raise DataError(f"{where}: not a complete {kind} file: {' '.join(str(error).split())}") from error

    if kind == "Parquet":
        schema = trying(lambda: module.read_schema(file))
        # words are stored once and then by number: they are read so, too
        text = [field.name for field in schema if str(field.type) in ("string", "large_string")]
        opened = trying(lambda: module.ParquetFile(file, read_dictionary=text))
        names = list(schema.names)

        def read(name: str) -> Any:
            return opened.read(columns=[name], use_threads=True).column(name)

    else:
        names = trying(lambda: _feather_names(arrow, file))

        def read(name: str) -> Any:
            return module.read_table(file, columns=[name], memory_map=True).column(name)

    return names, lambda name: trying(lambda: of_chunks(read(name)))


def _feather_names(arrow: Any, file: os.PathLike[str]) -> list[str]:
    """Return the names of the columns of a Feather file."""
    with arrow.ipc.open_file(arrow.memory_map(os.fspath(file))) as opened:
        return list(opened.schema.names)


def _of_dictionary(column: Any) -> Cells:
    arrow = import_module("pyarrow")
    chunks = column.unify_dictionaries().chunks
    if not chunks:
        return Cells(np.zeros(0))
    codes = np.concatenate([chunk.indices.cast("int32").fill_null(-1).to_numpy() for chunk in chunks])
    words = chunks[0].dictionary
    if _is_text(arrow.types, words.type):
        return stripped(Cells(codes, none_if_all_given(codes < 0)), words.to_pylist())
    return of_codes(codes, of_chunks(arrow.chunked_array([words])))


def _is_text(types: Any, kind: Any) -> bool:
    return types.is_string(kind) or types.is_large_string(kind) or str(kind) == "string_view"


def _missing(column: Any) -> Any:
    return None if not column.null_count else column.is_null().to_numpy()
