"""Run folders: the networks and the settings in them."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import types as _options
from .options.data import first_of
from .render import is_quiet, note, print_json, print_rows, show_seed, tell
from .series import rest_of, say_if_worse, say_remark, show_compared

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io


def trained_loss(run: gn.RunFolder) -> Any:
    """Return the loss that a run was trained on, as ``fit`` takes it."""
    import graphnet as gn

    loss = run.settings["settings"].get("loss")
    if loss_name(loss) not in _options.LOSS.names():
        raise gn.DataError(
            f"{run.path}: it was trained on {loss_name(loss)!r}, a custom loss; --loss says what to measure"
        )
    return loss


def loss_name(loss: Any) -> Any:
    """Return the name of a loss, which may be a table."""
    return loss.get("name") if isinstance(loss, dict) else loss


def read_for(run: gn.RunFolder, path: str, columns: Mapping[str, Any], *, targets: bool = True) -> io.Data:
    """Return the data of a file; without ``columns``, those of a table are as in training."""
    import graphnet as gn
    from graphnet import io

    about = run.settings.get("about", {})
    trained = _options.columns_for(path, about, about.get("data"))
    found = io.read_data(path, targets=targets, **trained | _options.columns_of(columns))
    say_remark(path, found)
    outputs, series = about.get("outputs"), found.series
    is_other = bool(targets and outputs and series is not None and outputs != series.outputs)
    if is_other and series is not None and sorted(outputs) == sorted(series.outputs):
        raise gn.DataError(
            f"{run.path}: its outputs are {', '.join(outputs)}, in this order, and those of {path} are "
            f"{', '.join(series.outputs)}: give --y and --ahead as in the training"
        )
    return found


def read_of(network: str, path: str, columns: Mapping[str, Any], *, targets: bool = True) -> io.Data:
    """Return the data of a file for a drawing, a network or a run; of a run by the columns of its training."""
    import graphnet as gn
    from graphnet import io

    if Path(network).is_dir():
        return read_for(gn.open_run(network), path, columns, targets=targets)
    return io.read_data(path, targets=targets, **_options.columns_of(columns))


def cut(data: io.Data, path: str, n_samples: int | None, n_steps: int | None) -> io.Data:
    """Return the first samples and steps of the data of a file, all if None; an error names the file."""
    import graphnet as gn

    for what, wanted, there in (("samples", n_samples, len(data.x)), ("steps", n_steps, data.x.shape[1])):
        if wanted is not None and wanted > there:
            raise gn.DataError(f"{path}: it has {there} {what}, fewer than --{what} {wanted}")
    return first_of(data, n_samples, n_steps)


def counted(data: io.Data) -> tuple[Any, Any]:
    """Return inputs and the targets that count: values of weight 0 are nan, which plots leave out.

    Raises
    ------
    DataError
        If classes have weights, which a plot does not count.
    """
    import numpy as np

    if data.weights is None or data.y is None:
        return data.x, data.y
    if data.y.dtype.kind in "iub":
        refuse_weights(data)
    weights = data.weights.reshape(data.weights.shape + (1,) * (data.y.ndim - data.weights.ndim))
    return data.x, np.where(weights == 0, np.nan, data.y)


def refuse_weights(data: io.Data) -> None:
    """Raise a DataError if data have weights."""
    import graphnet as gn

    if data.weights is not None:
        raise gn.DataError("weights of samples or steps do not count in this plot; leave them, and --count, out")


def check_free(output: str) -> None:
    """Raise a usage error if a run would replace something."""
    import graphnet as gn

    try:
        gn.RunFolder.check_free(output)
    except gn.DataError as error:
        raise click.BadParameter(str(error), param_hint="'-o'") from error


@contextmanager
def resumable(run: str) -> Iterator[None]:
    """Tell how to go on with a run when training ends before its time."""
    import graphnet as gn

    try:
        yield
    except KeyboardInterrupt:
        if Path(run).is_dir():
            note(f"{run}: nothing is lost; graphnet resume {run} goes on")
        raise
    except OSError as error:  # of a write that failed, the system does not say to which file
        raise error if error.filename else OSError(error.errno, error.strerror or str(error), run) from error
    except gn.DivergedError as error:
        hint = f"{error}; {run} keeps the last good state: graphnet resume {run} --set learning_rate=..."
        raise error.with_message(hint) from error


def report(run: str, history: gn.History, *, as_json: bool, rows: Sequence[dict[str, Any]] = (), of: str = "") -> None:
    """Print the result of a run, and the ``rows`` of what it is compared with over some steps."""
    import graphnet as gn

    settings = gn.open_run(run).settings
    found, about = settings["settings"], settings["about"]
    if as_json:
        print_json(
            {
                "run": run,
                "settings": found,
                "about": about,
                **history.to_dict(),
                **({"compared": list(rows)} if rows else {}),
            }
        )
        return
    epochs = ", ".join([f"{len(history.epochs)} of {found['epochs']}", *history.endings()])
    print_rows(
        {"run": run, "seed": show_seed(found["seed"], None if about.get("seed_drawn") else found["seed"])}
        | {"trained on": loss_name(found["loss"]), "epochs": epochs, "saved": history.describe_kept()}
        | {name.replace("_", " "): value for name, value in history.kept.items() if name not in ("epoch", "seconds")}
        | {"seconds": sum(row["seconds"] for row in history.epochs)}
        | show_compared(rows, of)
    )
    say_if_worse(rows)


def say_next(run: str, data: str, history: gn.History, files: Sequence[str] = ()) -> None:
    """Tell which files a fit wrote, and what to type next."""
    import graphnet as gn

    ctx = click.get_current_context()
    if is_quiet(ctx):
        return
    names = sorted(path.name + "/" * path.is_dir() for path in Path(run).iterdir() if path.name != "lock")
    tell(f"wrote {run}: {', '.join(names)}" + "".join(f"; {file}" for file in files))
    settings = gn.open_run(run).settings
    rest = rest_of(data, settings["about"])
    held_out = settings["about"].get("validation_data")  # a file, or a fraction of a series
    measured = held_out if isinstance(held_out, str) else data
    again = [] if history.timed_out else ["--epochs", str(2 * settings["settings"]["epochs"])]
    lines = [
        ["evaluate", run, measured, *(["--count", rest] if rest is not None and measured == data else [])],
        ["plot", "history", run, "-o", f"{run.rstrip('/')}.png"],
        ["view", run, measured, "-o", f"{run.rstrip('/')}.html"],
        [] if history.stopped_early else ["resume", run, *again],
    ]
    group = ctx.find_root().command
    known = group.commands if isinstance(group, click.Group) else {}
    tell("next:")
    for line in lines:
        if line and line[0] in known:
            tell(f"  graphnet {' '.join(map(_quoted, line))}")


def _quoted(text: str) -> str:
    """Return a word of a command line for a shell; that of a file is never read as an option."""
    is_option = text in ("-o", "--epochs", "--count")
    return shlex.quote(f"./{text}" if text.startswith("-") and not is_option else text)
