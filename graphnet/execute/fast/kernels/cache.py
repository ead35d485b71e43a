"""Compiled functions that are kept on disk, so that only the first use ever waits for the compiler.

What is on disk is found by a hash of the sources of all kernels: an edit of any of them, also of one that another file
imports, compiles anew.  It lies in ``$GRAPHNET_CACHE_DIR``, or where the system keeps what can be made again; where
nothing can be written there, every process compiles for itself.
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
"""The files that compiled code is made of."""

# without arrays of their own they need no counting of references, which costs more than a row
_OPTIONS = {"nogil": True, "error_model": "numpy", "boundscheck": False, "_nrt": False}


def helper(function: Callable[..., Any]) -> Any:
    """Part of compiled functions, and one with its caller."""
    return _without_code_of_its_own(njit(forceinline=True, **_OPTIONS)(function))


def part(function: Callable[..., Any]) -> Any:
    """Part of compiled functions that may be called: what takes long to compile, and is not called for each synapse."""
    return _without_code_of_its_own(njit(**_OPTIONS)(function))


def _without_code_of_its_own(dispatcher: Any) -> Any:
    """Spare the compiler the machine code of what is never called from Python, a third of all its work."""
    compiler = dispatcher._compiler
    compile_, customize = compiler.compile, compiler._customize_flags

    def flags_without(flags: Any) -> Any:
        flags = customize(flags)
        flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = True
        return flags

    def compile_part(args: Any, return_type: Any) -> Any:
        made = compile_(args, return_type)
        # callers find it by its entry point, which has to be a built-in function like no other
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
        # a compiler makes many objects and drops few: looking for garbage among them takes a tenth of its time
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
    """The hash of what kernels are made of."""
    digest = blake2b(digest_size=16)
    for name in SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


def folder() -> Path:
    """Where compiled functions are kept."""
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
    """What is on disk, or, where that cannot be read or written, nothing."""

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
    """Say once, to who watches, why nothing happens."""
    # a notebook is watched too
    if sys.stderr is not None and (sys.stderr.isatty() or "ipykernel" in sys.modules):
        print("graphnet compiles its kernels, once for this version; this takes some 15 seconds", file=sys.stderr)
