"""Option ``--executor``: where the work of a command is done."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

SECONDS = 10
"""Time that a scheduler of Dask has to answer."""
UNDER_MPI = "mpiexec -n 4 python -m mpi4py.futures -m graphnet_cli"
"""Command line under MPI."""


class Executor(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """A number of processes as processes:2, a scheduler of Dask as dask://HOST:PORT, or the ranks of MPI as mpi."""

    name = "processes:N|dask://HOST:PORT|mpi"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int | str:
        """Return the number of processes, or the text; `opened` makes an executor of it."""
        if isinstance(value, int):
            return value
        text = str(value)
        word, _, rest = text.partition(":")
        if ctx is not None and ctx.find_root().params.get("files"):
            self.fail("other processes do not run the files of --import; leave one of the two out", param, ctx)
        if text == "mpi":
            return text
        host, _, port = rest.removeprefix("//").rpartition(":")
        if word == "dask" and rest.startswith("//") and host and _is_number(port):
            return text
        if word == "processes" and _is_number(rest):
            return int(rest)
        wanted = "processes:N with a whole number N >= 1, such as processes:2, dask://HOST:PORT, and mpi"
        return self.fail(f"{value!r} is none of {wanted}", param, ctx)

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the beginnings."""
        from click.shell_completion import CompletionItem

        return [CompletionItem(each) for each in ("processes:2", "dask://", "mpi") if each.startswith(incomplete)]


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) > 0


executor: Callable[[Any], Any] = click.option(
    "--executor",
    type=Executor(),
    metavar=Executor.name,
    help="Work in so many processes, on the workers of a Dask scheduler, or on the ranks of MPI "
    f"({UNDER_MPI} ...), for the same numbers.  [default: this process]",
)


@contextmanager
def opened(executor: int | str | None) -> Iterator[Any]:
    """Give what ``executor=`` of graphnet takes, connected to its workers until the end.

    Raises
    ------
    DataError
        If a package is not installed, no scheduler answers, or no ranks of MPI take tasks.
    """
    if isinstance(executor, str) and executor.startswith("dask"):
        yield from _dask(executor)
    elif executor == "mpi":
        yield from _mpi()
    else:
        yield executor


def _dask(address: str) -> Iterator[Any]:
    import graphnet as gn

    try:
        import distributed
    except ImportError:
        raise gn.DataError(f"{address}: needs dask: pip install 'graphnet-engine[dask]'") from None
    try:
        make: Any = distributed.Client
        client = make(address.replace("dask://", "tcp://"), timeout=SECONDS)
    except (OSError, ValueError) as error:
        raise gn.DataError(f"{address}: no scheduler of Dask answers within {SECONDS} s ({error})") from error
    with client:
        if not client.nthreads():
            raise gn.DataError(f"{address}: the scheduler of Dask has no workers; start some: dask worker HOST:PORT")
        yield client.get_executor()


def _mpi() -> Iterator[Any]:
    import graphnet as gn

    try:
        from mpi4py import MPI
        from mpi4py.futures import MPIPoolExecutor, _core
    except (ImportError, RuntimeError) as error:
        said = str(error).splitlines()[0]
        raise gn.DataError(f"mpi: needs mpi4py and an MPI: pip install 'graphnet-engine[mpi]' ({said})") from None
    # without -m mpi4py.futures every rank would run the whole command
    if MPI.COMM_WORLD.Get_size() < 2 or getattr(_core, "SharedPool", None) is None:
        raise gn.DataError(f"mpi: no ranks of MPI take tasks; start the command as: {UNDER_MPI} ...")
    with MPIPoolExecutor() as ranks:
        yield ranks
