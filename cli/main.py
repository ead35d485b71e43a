"""The command ``graphnet``: its verbs, options for all of them, error messages and exit codes."""

from __future__ import annotations

import errno
import sys
import traceback
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, NoReturn

import click

from .imports import find_line, run_file
from .options.group import CommandGroup, nearest_options
from .render import is_quiet, say_error, say_note, tell
from .verbs.bench import bench
from .verbs.check_gradients import check_gradients
from .verbs.completion import completion
from .verbs.connectome import connectome
from .verbs.convert import convert
from .verbs.evaluate import evaluate
from .verbs.inspect import inspect
from .verbs.lesion import lesion
from .verbs.new import new
from .verbs.plot import plot
from .verbs.predict import predict
from .verbs.resume import resume
from .verbs.rewire import rewire
from .verbs.simulate import simulate
from .verbs.sweep import sweep
from .verbs.tour import tour
from .verbs.train import train
from .verbs.validate import validate
from .verbs.view import view

FAILED, BAD_DATA, DIVERGED, INTERRUPTED = 1, 3, 4, 130
"""Exit codes other than 0, and 2 for wrong usage, which is click's."""

MOST_PROBLEMS = 50
"""Largest number of problems of one graph to print; ``graphnet validate`` prints all."""

DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


class Graphnet(CommandGroup):
    """A group of commands whose errors are lines on stderr that start with ``graphnet: error:``."""

    def main(  # type: ignore[override]
        self, args: Sequence[str] | None = None, prog_name: str | None = None, **extra: Any
    ) -> NoReturn:
        """Run a command and exit with its exit code."""
        with suppress(Exception):  # names of nodes and files may hold what the locale cannot show
            sys.stdout.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]
        try:
            code = super().main(args, prog_name, **{**extra, "standalone_mode": False})
        except click.ClickException as error:
            if isinstance(error, click.NoSuchOption) and error.ctx is not None:
                near = nearest_options(error.option_name, error.ctx)
                hint = f" Did you mean {near[0]!r}?" if near else ""
                said = f"No such option {error.option_name!r}.{hint}"
                error = click.NoSuchOption(error.option_name, said, ctx=error.ctx)
            say_error(error.format_message() + self._explain(error))
            if isinstance(error, click.UsageError) and error.ctx is not None and not is_quiet(error.ctx):
                tell(f"try: {error.ctx.command_path} --help")
            sys.exit(error.exit_code)
        except (click.Abort, KeyboardInterrupt):
            tell("graphnet: interrupted")
            sys.exit(INTERRUPTED)
        except Exception as error:  # before a command began, or while an error was reported
            say_error(f"{type(error).__name__}: {error}")
            sys.exit(FAILED)
        sys.exit(code if isinstance(code, int) else 0)

    def _explain(self, error: click.ClickException) -> str:
        """Return a hint if an option of the whole group was given after the command."""
        if not isinstance(error, click.NoSuchOption) or error.ctx is None:
            return ""
        own = {name for param in self.params for name in param.opts}
        command = error.ctx.command_path.removeprefix(f"{error.ctx.find_root().command_path} ")
        if error.option_name not in own:
            return ""
        return f" It comes before the command: graphnet {error.option_name} {command}"

    def invoke(self, ctx: click.Context) -> Any:
        """Run a command, and turn exceptions into lines on stderr and an exit code."""
        try:
            with notes_from_warnings():
                return super().invoke(ctx)
        except (click.ClickException, click.exceptions.Exit, BrokenPipeError):
            raise
        except KeyboardInterrupt:
            tell("graphnet: interrupted")
            return ctx.exit(INTERRUPTED)
        except Exception as error:
            if ctx.params["debug"]:
                with suppress(Exception):
                    traceback.print_exc()
            return ctx.exit(_report(error, ctx.params["files"]))


@contextmanager
def notes_from_warnings() -> Iterator[None]:
    """Print UserWarnings, such as those about losses in a file, as one line each."""
    with warnings.catch_warnings():
        warnings.simplefilter("always", UserWarning)
        others = warnings.showwarning

        def show(message: Warning | str, category: type[Warning], *where: Any, **more: Any) -> None:
            if issubclass(category, UserWarning):
                say_note(str(message))
            else:
                others(message, category, *where, **more)

        warnings.showwarning = show
        yield


def _report(error: Exception, files: Sequence[str]) -> int:
    """Print an error, with the line if it was raised in one of the imported files, and return the exit code."""
    import graphnet as gn

    if isinstance(error, gn.GraphError):
        for problem in error.problems[:MOST_PROBLEMS]:
            say_error(problem)
        if len(error.problems) > MOST_PROBLEMS:
            say_error(f"... and {len(error.problems) - MOST_PROBLEMS} more problems")
        return BAD_DATA
    if isinstance(error, gn.DataError):
        for said in str(error).splitlines():
            say_error(said)
        return BAD_DATA
    if isinstance(error, gn.DivergedError):
        say_error(str(error))
        return DIVERGED
    if isinstance(error, MemoryError):
        say_error(f"not enough memory{f': {error}' if str(error) else ''}; graphnet inspect estimates what is needed")
    elif isinstance(error, OSError):
        place = f"{error.filename}: " if error.filename else ""
        if error.errno in DISK_FULL:
            say_error(f"{place}{error.strerror}; no incomplete file was left")
            return BAD_DATA
        say_error(f"{place}{error.strerror or error}")
    elif (line := find_line(error, files)) is not None:
        say_error(line)
        return BAD_DATA
    elif isinstance(error, ImportError) and error.name and not error.name.startswith("graphnet"):
        say_error(str(error))  # an extra that is not installed; it says how to install it
    else:
        say_error(f"{type(error).__name__}: {error} (this is a bug in graphnet; --debug shows the traceback)")
    return FAILED


def _print_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        import graphnet as gn

        click.echo(f"graphnet {gn.__version__}")
        ctx.exit()


@click.group("graphnet", cls=Graphnet, no_args_is_help=False, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.option("-q", "--quiet", is_flag=True, help="Print results and errors, and nothing else.")
@click.option(
    "--import",
    "files",
    metavar="FILE.py",
    multiple=True,
    type=click.Path(),
    help="Run a Python file first, for example one that registers activations; may be given several times.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def main(debug: bool, quiet: bool, files: tuple[str, ...]) -> None:
    """Draw recurrent neural networks as graphs, train them and run them.

    \b
    GRAPH is a drawing: .json, .graphml, .gml, .gexf, .csv, .tsv, .npz, .mtx or
          .safetensors; a network, .safetensors; or a RUN: of these two it
          is the drawing with the learnt numbers on it.
    RUN   is a folder written by `graphnet train`.
    DATA  is an .npz file with x (n_samples, n_steps, n_inputs), y of the shape
          that the loss takes, and lengths (n_samples,) if sequences differ in
          length, or arrays of other names that --x, --y and --lengths choose;
          an .npy file with x alone; or a table, .csv, .tsv or .parquet, with
          its columns chosen by --x, --y, --sequence and --ahead.

    \b
    Exit codes: 0 success, 1 failure, 2 wrong usage, 3 bad data or graph,
    4 diverged, 130 interrupted.
    """  # noqa: D301 - click needs the character itself
    for file in files:
        run_file(file)


for _command in (
    tour,
    new,
    connectome,
    convert,
    rewire,
    inspect,
    validate,
    simulate,
    check_gradients,
    bench,
    train,
    resume,
    sweep,
    evaluate,
    lesion,
    predict,
    plot,
    view,
    completion,
):
    main.add_command(_command)
