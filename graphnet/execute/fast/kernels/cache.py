"""Cache of compiled functions on disk, so that kernels are compiled on first use only.

The key is a hash of the sources of all kernels: they are compiled again after an edit of any of them, also of one that
another file imports.  The folder is ``$GRAPHNET_CACHE_DIR``, or in the user's folder for caches; if it cannot be
written, every process compiles for itself.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import Cache, CompileResultCacheImpl, _CacheLocator

SOURCES = (
    "cache.py", "scan.py", "dense.py", "groups.py", "formulas.py", "arithmetic.py", "vectors.py", "../tables.py",
    "../../../language/activations.py",
)  # fmt: skip
"""Sources of the compiled code."""

# kernels allocate no arrays, and counting references would cost more than a row
_OPTIONS = {"nogil": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}


def helper(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels that is inlined."""
    return _without_code_of_its_own(njit(forceinline=True, **_OPTIONS)(function))


def part(function: Callable[..., Any]) -> Any:
    """Compile a part of kernels that may be called: one that is long and not called for each synapse."""
    return _without_code_of_its_own(njit(**_OPTIONS)(function))


def _without_code_of_its_own(dispatcher: Any) -> Any:
    """Skip the machine code of functions that are never called from Python, a third of the time of the compiler."""
    compiler = dispatcher._compiler
    compile_, customize = compiler.compile, compiler._customize_flags

    def flags_without(flags: Any) -> Any:
        flags = customize(flags)
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        return flags

    def compile_part(args: Any, return_type: Any) -> Any:
        made = compile_(args, return_type)
        # callers find it by its entry point, which has to be a unique built-in function
        made = made._replace(entry_point=[].append)
        made.target_context.insert_user_function(made.entry_point, made.fndesc, [made.library])
        made.library._optimize_final_module = made.library._finalize_specific = lambda: None
        return made

    compiler._customize_flags, compiler.compile = flags_without, compile_part
    return dispatcher


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, and keep it for other processes."""
    made = njit(no_cfunc_wrapper=True, **_OPTIONS)(function)
    made._cache, compile_ = _Cache(function), made.compile

    def compile_without_collecting(signature: Any) -> Any:
        # the compiler makes many objects and drops few, so garbage collection would take a tenth of its time
        collects = gc.isenabled()
        gc.disable()
        try:
            return compile_(signature)
        finally:
            if collects:
                gc.enable()

    made.compile = compile_without_collecting
    return made


@cache
def stamp() -> str:
    """Return the hash of the sources of kernels."""
    digest = blake2b(digest_size=16)
    for name in SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def folder() -> Path:
    """Return the folder of compiled functions."""
    given = os.environ.get("GRAPHNET_CACHE_DIR")
    if given:
        return Path(given, "kernels")
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(base).expanduser() / "graphnet" / "kernels"


class _Locator(_CacheLocator):  # type: ignore[misc]
    def get_cache_path(self) -> str:
        return str(folder() / stamp())

    def get_source_stamp(self) -> str:
        return stamp()

    def get_disambiguator(self) -> str:
        return "kernel"

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> _Locator:
        return cls()


class _Impl(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class _Cache(Cache):  # type: ignore[misc]
    """Cache that is empty if the files cannot be read or written."""

    _impl_class = _Impl

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            found = super().load_overload(sig, target_context)
        except Exception:
            found = None
        if found is None:
            _announce()
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError:
            self.disable()


@cache
def _announce() -> None:
    """Say once, on a terminal or in a notebook, why nothing happens."""
    # a notebook is watched too
    if sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules):
        print("graphnet compiles its kernels, once for this version; this takes some 15 seconds", file=sys.stderr)
