"""Optuna without its lines about each trial, and without its warnings about what is experimental in it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager


def require_optuna() -> None:
    """Raise an ImportError that says what to install where Optuna is missing."""
    try:
        import optuna  # noqa: F401
    except ImportError:
        raise ImportError("a sweep needs Optuna: pip install 'graphnet-engine[search]'", name="optuna") from None


@contextmanager
def quiet() -> Iterator[None]:
    """Silence Optuna inside."""
    import optuna

    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)
            yield
    finally:
        optuna.logging.set_verbosity(before)
