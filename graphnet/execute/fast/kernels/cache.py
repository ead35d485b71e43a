"""Cache of compiled functions on disk, so that kernels are compiled on first use only.

Each function and signature has a file of its own, which begins with a checksum of the rest.  It is in a folder whose
name is a hash of the sources of all kernels, of the versions of Python and Numba, and of the processor: kernels are
compiled again after an edit of any source, also of one that another file imports.  That folder is in
``$GRAPHNET_CACHE_DIR``, or in the user's folder for caches.

Nothing that is wrong with the cache is an error: what cannot be read, or is not what was written, is compiled again and
replaced, and if nothing can be written, every process compiles for itself.
"""

from __future__ import annotations

import gc
import logging
import os
import pickle
import secrets
import shutil
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import llvmlite
import numba
from numba import njit
from numba.core.caching import NullCache
from numba.core.compiler import CompileResult
from numba.core.registry import cpu_target
from numba.core.serialize import dumps

from ...machine import is_terminal

SOURCES = (
    "cache.py", "scan.py", "dense.py", "groups.py", "formulas.py", "arithmetic.py", "vectors.py", "../tables.py",
    "../../../language/activations.py",
)  # fmt: skip
"""Sources of the compiled code."""
CHECKSUM = 32
"""Bytes of the checksum of a file."""

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
    made._cache, compile_ = _Files(function), made.compile

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


def folder() -> Path | None:
    """Return the folder of the functions that this version compiles for this machine, or None if there can be none.

    It need not exist.
    """
    given = os.environ.get("GRAPHNET_CACHE_DIR")
    try:
        base = _absolute(given) if given else _absolute(_caches_of_user()) / "graphnet"
        return base / "kernels" / _stamp()
    except (OSError, RuntimeError):  # the user has no home, or the sources are not installed
        return None


def _caches_of_user() -> str:
    if sys.platform == "win32":
        return os.environ.get("LOCALAPPDATA") or "~/AppData/Local"
    if sys.platform == "darwin":
        return "~/Library/Caches"
    given = os.environ.get("XDG_CACHE_HOME", "")
    # its specification has relative paths ignored
    return given if given.startswith(("/", "~")) else "~/.cache"


@cache
def _absolute(path: str) -> Path:
    """Return a path as seen from the folder in which the process first asked for it."""
    return Path(path).expanduser().absolute()


@cache
def _stamp() -> str:
    """Return the hash of all that compiled code depends on, apart from the function and its signature."""
    compiler = numba.__version__, llvmlite.__version__, sys.implementation.cache_tag
    processor = cpu_target.target_context.codegen().magic_tuple()
    digest = blake2b(repr((compiler, processor)).encode(), digest_size=16)
    for name in SOURCES:
        digest.update((Path(__file__).parent / name).read_bytes())
    return digest.hexdigest()


class _Files(NullCache):  # type: ignore[misc]
    """Files of a function, one for each signature."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._name = function.__name__.strip("<>")
        self._key = function.__module__, function.__qualname__, function.__code__.co_code

    def load_overload(self, signature: Any, target_context: Any) -> Any:
        """Return the code for a signature, or None if it has to be compiled."""
        try:
            target_context.refresh()
            file = self._file(signature)
            whole = b"" if file is None else file.read_bytes()
            checksum, data = whole[:CHECKSUM], whole[CHECKSUM:]
            if whole and checksum == _checksum(data):
                key, reduced = pickle.loads(data)
                if key == (*self._key, signature):
                    return CompileResult._rebuild(target_context, *reduced)
        except Exception:
            pass
        _announce()
        return None

    def save_overload(self, signature: Any, result: Any) -> None:
        """Write the code for a signature, in place of what was there."""
        temporary = None
        try:
            file = self._file(signature)
            if file is None or result.library.has_dynamic_globals:
                return
            data = dumps(((*self._key, signature), result._reduce()))
            file.parent.mkdir(parents=True, exist_ok=True)
            if file.is_dir() and not file.is_symlink():
                shutil.rmtree(file)
            temporary = file.with_name(f"{file.name}.{secrets.token_hex(8)}.tmp")
            temporary.write_bytes(_checksum(data) + data)
            os.replace(temporary, file)
        except Exception:
            with suppress(Exception):
                if temporary is not None:
                    temporary.unlink(missing_ok=True)

    def _file(self, signature: Any) -> Path | None:
        there = folder()
        key = blake2b(repr((*self._key, signature)).encode(), digest_size=16)
        return None if there is None else there / f"{self._name}-{key.hexdigest()}.nbc"


def _checksum(data: bytes) -> bytes:
    return blake2b(data, digest_size=CHECKSUM).digest()


@cache
def _announce() -> None:
    """Say once why nothing happens: to the logger "graphnet" if it has a listener, else on a terminal."""
    message = "compiling kernels, once for this version; this takes some 15 seconds"
    log = logging.getLogger("graphnet")
    with suppress(Exception):
        if log.isEnabledFor(logging.INFO):
            log.info(message)
        elif is_terminal(sys.stderr) or "ipykernel" in sys.modules:  # a notebook is watched too
            print(f"graphnet: {message}", file=sys.stderr)
