"""``graphnet``: the verbs gathered, and what every one of them does when something goes wrong."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from ._imports import find_line, run_file
from ._render import say_error
from .check_gradients import check_gradients
from .evaluate import evaluate
from .inspect import inspect
from .simulate import simulate
from .train import train
from .validate import validate

FAILED, WRONG_USAGE, BAD_DATA, DIVERGED, INTERRUPTED = 1, 2, 3, 4, 130


class Graphnet(click.Group):
    """A group of commands whose errors are lines on stderr that begin with ``graphnet: error:``."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command and leave with its exit code."""
        try:
            code = super().main(args, prog_name, **{**extra, "standalone_mode": False})
        except click.ClickException as error:
            say_error(error.format_message())
            if isinstance(error, click.UsageError) and error.ctx is not None:
                click.echo(f"try: {error.ctx.command_path} --help", err=True)
            sys.exit(error.exit_code)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command; what it raises becomes lines on stderr and an exit code."""
        try:
            return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            click.echo("graphnet: interrupted", err=True)
            return ctx.exit(INTERRUPTED)
        except Exception as error:
            if ctx.params["debug"]:
                traceback.print_exc()
            return ctx.exit(_report(error, ctx.params["files"]))


def _report(error: Exception, files: Sequence[str]) -> int:
    """Say what went wrong, and where if it was in one of the user's files; return the exit code."""
    import graphnet as gn

    if isinstance(error, gn.GraphError):
        for problem in error.problems:
            say_error(problem)
        return BAD_DATA
    if isinstance(error, gn.DataError):
        say_error(str(error))
        return BAD_DATA
    if isinstance(error, gn.DivergedError):
        say_error(str(error))
        return DIVERGED
    if isinstance(error, MemoryError):
        say_error(f"not enough memory{f': {error}' if str(error) else ''}; graphnet inspect estimates what is needed")
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        say_error(f"{place}{error.strerror or error}")
    elif (line := find_line(error, files)) is not None:
        say_error(line)
        return BAD_DATA
    else:
        say_error(f"{type(error).__name__}: {error} (this is a fault of graphnet; --debug shows where)")
    return FAILED


def _print_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import graphnet as gn

        click.echo(f"graphnet {gn.__version__}")
        ctx.exit()


@click.group("graphnet", cls=Graphnet, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option(
    "--import",
    "files",
    metavar="FILE.py",
    multiple=True,
    type=click.Path(),
    help="Run a Python file first, one that registers activations, say; may be given several times.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and leave.",
)
def main(debug: bool, files: tuple[str, ...]) -> None:
    """Recurrent neural networks drawn as graphs, trained exactly.

    \b
    GRAPH is a drawing: a file of node-link JSON, as networkx writes it.
    RUN   is a folder that `graphnet train` writes.
    DATA  is an .npz file with x (n_samples, n_steps, n_inputs), y as the loss
          takes it, and lengths (n_samples,) where sequences differ in length.

    \b
    Exit codes: 0 fine, 1 failed, 2 wrong usage, 3 bad data or graph,
    4 diverged, 130 interrupted.
    """  # noqa: D301 - click wants the character itself
    for file in files:
        run_file(file)


for _command in (inspect, validate, simulate, check_gradients, train, evaluate):
    main.add_command(_command)
