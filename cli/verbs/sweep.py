"""``graphnet sweep``: a search for the settings of a fit and for a drawing becomes a study and its best run."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..networks import problems_of
from ..options import compiled, executors
from ..options import types as _options
from ..options.group import Choice
from ..options.settings import NETWORK, SettingsCommand, fit_settings, gather, with_network
from ..options.space import read_spaces, space_of_file
from ..render import print_json, print_log, print_rows, print_table, say_note
from ..series import Parts, compared, known_baselines, notes_of, say_if_worse, say_remark, show_compared, split

if TYPE_CHECKING:
    from graphnet import io

JOURNAL = "study.journal"
MOST_ROWS = 20
"""Largest number of trials to print; --json prints all."""


@click.command(cls=SettingsCommand, without=("seed", "validation"))
@click.argument("graph", metavar="GRAPH|KIND", type=click.Path())
@click.argument("data", type=click.Path())
@click.option(
    "-o",
    "--output",
    metavar="STUDY",
    type=click.Path(),
    required=True,
    help="The folder to write, new or empty; or one of an earlier sweep, to go on with it.",
)
@click.option(
    "--set-space",
    "spaces",
    metavar="NAME=LOW:HIGH[:log]|VALUE,...",
    multiple=True,
    help="Search a setting of a fit, or an option of the KIND, in a range or among values; may be given again.",
)
@click.option(
    "--sampler", type=Choice(["tpe", "random", "grid"]), default="tpe", help="How trials are chosen.  [default: tpe]"
)
@click.option("--trials", type=_options.COUNT, help="Number of trials; a grid tries each of its points.  [default: 50]")
@click.option(
    "--seeds", type=_options.COUNT, default=1, help="Fits of each trial, from the seeds 0 and up.  [default: 1]"
)
@click.option("--prune", is_flag=True, help="Stop trials that are worse than the median after an epoch.")
@click.option(
    "--validation",
    type=_options.FractionOrFile(),
    help="Fraction of the samples to hold out, or data, to compare trials on.  [default: 0.2]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    help="Whole number that the choice of trials comes from.  [default: 0]",
)
@click.option(
    "--storage",
    metavar="URL",
    help=f"Where Optuna keeps the study, such as sqlite:///studies.db.  [default: {JOURNAL} in STUDY]",
)
@click.option("--name", help="Name of the study in the storage.  [default: sweep; in a --storage that of STUDY]")
@executors.executor
@compiled.initializer
@compiled.standardize
@_options.columns
@compiled.dtype
@compiled.dt
@click.option("--config", type=click.Path(), help="A TOML file of settings, with a table [space]; options count more.")
@click.option(
    "--set",
    "sets",
    metavar="NAME=VALUE",
    multiple=True,
    help="One setting for all trials, or a part of one (optimizer.beta2=0.99); counts most; may be given again.",
)
@_options.as_json
def sweep(
    output: str,
    config: str | None,
    sets: tuple[str, ...],
    spaces: tuple[str, ...],
    sampler: str,
    trials: int | None,
    seeds: int,
    prune: bool,
    storage: str | None,
    name: str | None,
    executor: Any,
    as_json: bool,
    **options: Any,
) -> None:
    """Search for the settings and the drawing with the lowest validation loss.

    Each trial trains GRAPH, or a KIND of drawing such as gru, on DATA.  The same command goes on with a sweep that was
    interrupted or killed, and with more --trials adds to one.

    \b
    The folder has study.journal (the trials, as Optuna keeps them),
    best (a run: the best trial, trained again from the first seed; with
    its drawing) and, with matplotlib, importance.png and parallel.png.
    """  # noqa: D301 - click wants the character itself
    import graphnet as gn
    from graphnet import io

    settings = gather(config, sets, options, sweep.params, tables=("space",))
    space = {} if settings["space"] is None else space_of_file(str(config), settings["space"])
    space |= read_spaces(spaces)
    if not space:
        raise click.UsageError("Missing '--set-space', such as --set-space learning_rate=1e-4:1e-1:log.")
    if sampler == "grid" and trials is not None:
        raise click.BadParameter("a grid tries each of its points; leave it out", param_hint="'--trials'")
    graph, data = settings["graph"], settings["data"]
    unused = [each for each in ("only_nodes", "only_edges") if settings[each]]
    if unused:
        raise gn.DataError(
            f"{unused[0]}: a sweep trains all of a drawing; freeze parts in it with gn.graphs.train_only"
        )
    validation = 0.2 if settings["validation"] is None else settings["validation"]
    make = _read_make(graph)
    settings = {**NETWORK, **_given(settings)} if isinstance(make, str) else with_network(settings)
    columns = _options.columns_of(settings)
    found = io.read_data(data, **columns)
    say_remark(data, found)
    parts = split(found, validation, columns, data)
    found = parts.training
    loss = settings.get("loss") or _options.default_loss(found)
    defaults = fit_settings()
    fixed = {each: settings[each] for each in defaults if settings.get(each) not in (None, defaults[each])}
    seed = fixed.pop("seed", 0)
    fixed |= {each: settings[each] for each in NETWORK if each not in space and settings[each] is not None}
    fixed |= {"standardize": True} if settings.get("standardize") else {}
    fixed |= {"loss": loss, "lengths": found.lengths, "weights": found.weights}
    search = {**fixed, "seeds": seeds, "validation": parts.validation}
    about = {"graph": graph, "data": data, **columns}
    if parts.held_out is not None:
        about["validation_data"] = validation
    print_log()
    with executors.opened(executor) as workers, problems_of(graph, data), _folder(output) as folder:
        study = gn.sweep(
            make,
            space,
            found.x,
            found.y,
            sampler=sampler,
            trials=50 if trials is None else trials,
            seed=seed,
            prune=prune,
            storage=storage or folder / JOURNAL,
            name=name or ("sweep" if storage is None else folder.resolve().name),
            executor=workers,
            **search,
        )
        arguments = (study, make, space, found.x, found.y)
        with gn.search.held(folder / ".best.lock"):  # another command may come to the end of the same study
            again = _train_best(folder, study, arguments, search, about, found)
            pictures = _draw(folder, study)
    rows = [] if again is None else _compare(folder / "best", parts)
    _report(study, folder, again, pictures, storage, rows, parts.compared[1], as_json=as_json)


def _given(settings: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in settings.items() if value is not None}


def _read_make(graph: str) -> Any:
    """Return the drawing in a file, or the name of a kind."""
    import graphnet as gn

    kinds = gn.search.kinds()
    if graph.replace("-", "_") in kinds and not Path(graph).exists():
        return graph.replace("-", "_")
    if Path(graph).exists() or Path(graph).suffix or "/" in graph:
        return gn.read_graph(graph)
    near = gn.nearest_names(graph, kinds)
    hint = f"did you mean {near[0]!r}?" if near else f"the kinds are {', '.join(kinds)}"
    raise gn.DataError(f"{graph}: neither a file nor a kind of drawing; {hint}")


@contextmanager
def _folder(output: str) -> Iterator[Path]:
    """Make the folder of a study, unless it is one; remove it again if nothing was written."""
    import graphnet as gn

    folder = Path(output)
    known = (folder / JOURNAL).is_file() or (folder / "best").is_dir()
    if not known:
        try:
            gn.RunFolder.check_free(folder)
        except gn.DataError as error:
            raise click.BadParameter(f"{error}, and it is no study", param_hint="'-o'") from error
    folder.mkdir(parents=True, exist_ok=True)
    try:
        yield folder
    finally:
        with suppress(OSError):
            folder.rmdir()


def _train_best(
    folder: Path,
    study: Any,
    arguments: tuple[Any, ...],
    search: Mapping[str, Any],
    about: Mapping[str, Any],
    found: io.Data,
) -> str | None:
    """Train the best trial again as the run ``best`` of the folder; return the command that does so once more."""
    import graphnet as gn

    if "complete" not in gn.search.table(study)["state"].tolist():
        return None
    run, temporary = folder / "best", folder / ".best.partial"
    trial = study.best_trial
    table = not isinstance(arguments[1], str) and isinstance(arguments[1], gn.GraphTable)
    drawing = run / ("drawing.safetensors" if table else "drawing.json")
    notes = {
        **about,
        **_notes_on(found, trial, search["loss"]),
        "graph": str(drawing),
        "initializer": trial.params.get("initializer", search.get("initializer")),
        "trial": {"index": trial.user_attrs["index"], "score": trial.value, "options": dict(trial.params)},
    }
    if not _is_run_of(run, notes):
        for left in folder.glob(".*.partial"):  # of a command that was killed: no other is here at this time
            shutil.rmtree(left, ignore_errors=True)
        best = gn.search.fit_best(*arguments, **search, run=temporary, about=notes)
        gn.write_graph(best.graph, temporary / drawing.name)
        shutil.rmtree(run, ignore_errors=True)
        temporary.rename(run)
    command = ["graphnet", "train", str(drawing), about["data"], "-o", "RUN", "--config", str(run / "settings.json")]
    return shlex.join(command)


def _notes_on(found: io.Data, trial: Any, loss: Any) -> dict[str, Any]:
    """Return the notes on a table of series; none where a table of settings of a loss was searched."""
    searched = trial.params.get("loss", loss)
    return notes_of(found, None, searched) if searched is loss or searched in _options.LOSS.names() else {}


def _compare(run: Path, parts: Parts) -> list[dict[str, Any]]:
    """Return the errors of the best run and of simple forecasts, a row for each output."""
    import graphnet as gn

    best = gn.open_run(run)
    baselines = known_baselines(best.settings["about"])
    return [] if baselines is None else compared(best.network(), parts.compared[0], baselines)


def _is_run_of(run: Path, notes: Mapping[str, Any]) -> bool:
    """Return True if a run has these notes and has come to its end."""
    import graphnet as gn
    from graphnet import io

    try:
        known = gn.open_run(run)
        is_done = known.state().done
    except gn.DataError:
        return False
    return is_done and known.settings.get("about") == io.json_ready(notes)


def _draw(folder: Path, study: Any) -> list[str]:
    """Write the pictures of a study; none without matplotlib, nor of trials that show nothing."""
    import graphnet as gn

    if find_spec("matplotlib") is None:
        say_note(f"{folder}: pictures need matplotlib: pip install 'graphnet-engine[plot]'")
        return []
    from matplotlib.figure import Figure

    written = []
    for name in ("importance", "parallel"):
        figure = Figure(figsize=(8, 4.5), layout="constrained")
        try:
            getattr(gn.plots, name)(study, ax=figure.subplots())
        except gn.DataError as error:
            say_note(f"{folder / name}.png: not drawn: {error}")
            continue
        figure.savefig(folder / f"{name}.png", dpi=150)
        written.append(str(folder / f"{name}.png"))
    return written


def _report(
    study: Any,
    folder: Path,
    again: str | None,
    pictures: list[str],
    storage: str | None,
    compared_rows: list[dict[str, Any]],
    of: str,
    *,
    as_json: bool,
) -> None:
    """Print the trials, the importance of options and what was written."""
    import graphnet as gn

    frame, importances = gn.search.table(study), gn.search.importances(study)
    counts = {state: int((frame["state"] == state).sum()) for state in ("complete", "pruned", "failed", "running")}
    where = {"study": storage or str(folder / JOURNAL), "name": study.study_name}
    run = None if again is None else str(folder / "best")
    if as_json:
        rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
        written: dict[str, Any] = {"run": run, "train_again": again, "pictures": pictures}
        written |= {"compared": compared_rows} if compared_rows else {}
        print_json({**where, "counts": counts, "trials": rows, "importances": importances, **written})
        return
    shown = frame.drop(columns="reason").head(MOST_ROWS)
    header = [*map(str, shown)]
    print_table(header, [list(map(_cell, row)) for row in shown.to_numpy().tolist()])
    if len(frame) > MOST_ROWS:
        click.echo(f"... and {len(frame) - MOST_ROWS} more; --json shows them")
    for reason, number in frame["reason"].value_counts().items():
        say_note(f"{number} of the trials failed: {reason}")
    print_rows(
        {
            "trials": ", ".join(f"{number} {state}" for state, number in counts.items() if number),
            "importance": ", ".join(f"{name} {value:.2f}" for name, value in importances.items()) or None,
            **where,
            "run": run,
            "pictures": ", ".join(pictures) or None,
            "again": again,
        }
        | show_compared(compared_rows, of)
    )
    say_if_worse(compared_rows)


def _cell(value: Any) -> str:
    if value is None or value != value:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)
