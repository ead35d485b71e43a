"""``graphnet view``: an HTML page of a drawing, a network or a run, with its activity."""

from __future__ import annotations

import webbrowser
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..networks import open_network, problems_of
from ..options import types as _options
from ..options.group import Choice
from ..options.inputs import GENERATED, SHAPES, make_input
from ..render import print_json, print_rows, say_note, show_bytes, show_seed
from ..runs import read_for, trained_loss

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io


@click.command()
@click.argument("network", metavar="GRAPH|RUN", type=click.Path())
@click.argument("data", required=False, type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="The .html file to write.")
@click.option(
    "--input",
    "made",
    type=Choice(list(GENERATED)),
    help="Show the activity under a generated input instead of DATA, as simulate makes it.",
)
@click.option("--steps", type=_options.COUNT, help="Number of steps; of DATA the first ones.  [default: of DATA all]")
@click.option(
    "--samples",
    type=_options.COUNT,
    help="Number of sequences; of DATA the first ones.  [default: 1; of DATA as many as keep the page small]",
)
@click.option(
    "--positions",
    metavar="ATTRIBUTE",
    multiple=True,
    help="Attribute of nodes that has pairs (x, y), or names a class whose neurons come together; or, given twice, "
    "those of x and of y.  [default: pos, or x and y; otherwise by layers]",
)
@click.option("--lesions", is_flag=True, help="Show the change of the loss on DATA without each neuron.")
@click.option(
    "--loss", type=_options.LOSS, help="Loss of --lesions.  [default: that of the run, or one that fits the targets]"
)
@click.option(
    "--settle",
    is_flag=True,
    help="Start from the steady state under the inputs of the first step, as net.settle gives it.  [default: start "
    "from the initial values]",
)
@click.option("--title", help="Title of the page.  [default: the name of the file]")
@click.option("--open", "opened", is_flag=True, help="Open the page in the browser.")
@_options.columns
@_options.seed
@_options.as_json
def view(
    network: str,
    data: str | None,
    output: str,
    made: str | None,
    steps: int | None,
    samples: int | None,
    positions: tuple[str, ...],
    lesions: bool,
    loss: str | None,
    settle: bool,
    title: str | None,
    opened: bool,
    seed: int | None,
    as_json: bool,
    **columns: Any,
) -> None:
    """Write an HTML page that shows a network, and its activity on DATA.

    The page is one file that opens from disk in any recent browser, without network access.  Without DATA and --input
    it shows the drawing, of a RUN with the learnt numbers.

    Targets are shown where DATA has them.  Columns, arrays and rows of DATA are chosen as for evaluate: of a RUN as in
    its training, unless options say otherwise.
    """
    import graphnet as gn
    from graphnet import io

    check_usage(data, made, output, steps, samples, positions, lesions, loss, settle, _options.columns_of(columns))
    resolved = _options.resolve_seed(seed)
    runs = data is not None or made is not None
    is_trained = io.compile_settings(network) is not None
    drawn: Any = open_network(network, seed=resolved) if runs or is_trained else gn.read_graph(network)
    run = gn.open_run(network) if Path(network).is_dir() else None
    found = None if data is None else read(run, data, columns, needs_targets=lesions)
    given: dict[str, Any] = {}
    with problems_of(network, *([data] if data is not None else [])):
        if found is not None:
            given = of_data(found, steps, samples)
            if lesions:
                given["lesions"] = effects(drawn, found, loss or (None if run is None else trained_loss(run)))
        elif made is not None:
            x = make_input(made, samples or 1, steps or 1, drawn.n_inputs, resolved, **dict.fromkeys(SHAPES)).x
            given = {"inputs": x, "samples": len(x)}
        if settle:
            given["state"] = drawn.settle(given["inputs"][:, 0])
        where = positions[0] if len(positions) == 1 else positions or None
        page: Any = gn.view(drawn, positions=where, title=title or name_of(network), **given)
        page.save(output)
    for note in page.notes:
        say_note(note)
    size = Path(output).stat().st_size
    result = {"network": network, "data": data or made, "output": output, "shows": page.subtitle}
    if as_json:
        print_json(result | {"bytes": size, "notes": page.notes, "seed": resolved, "seed_drawn": seed is None})
    else:
        chance = show_seed(resolved, seed) if runs and not is_trained else None
        print_rows(result | {"size": show_bytes(size), "seed": chance})
    if opened:
        webbrowser.open(Path(output).resolve().as_uri())


def check_usage(
    data: str | None,
    made: str | None,
    output: str,
    steps: int | None,
    samples: int | None,
    positions: tuple[str, ...],
    lesions: bool,
    loss: str | None,
    settle: bool,
    columns: Mapping[str, Any],
) -> None:
    """Raise a usage error for options that do not go together."""
    if Path(output).suffix.lower() != ".html":
        raise click.BadParameter(f"{output}: a page is written to a file named .html", param_hint="'-o'")
    if not Path(output).resolve().parent.is_dir():  # said before anything is computed
        raise click.BadParameter(f"{output}: there is no folder {Path(output).parent}", param_hint="'-o'")
    if data is not None and made is not None:
        raise click.UsageError("DATA and --input: one of the two is shown")
    if data is None:
        asked = {"lesions": lesions or None, "loss": loss, **columns}
        if made is None:
            asked |= {"steps": steps, "samples": samples, "settle": settle or None}
        for name, value in asked.items():
            if value is not None:
                raise click.UsageError(f"--{name} needs DATA{' or --input' if name not in ('lesions', 'loss') else ''}")
    if made is not None and steps is None:
        raise click.UsageError(f"--input {made} needs --steps")
    if loss is not None and not lesions:
        raise click.UsageError("--loss is for --lesions")
    if len(positions) > 2:
        raise click.BadParameter("one attribute, or those of x and of y", param_hint="'--positions'")


def effects(net: gn.Network, data: io.Data, loss: Any) -> Any:
    """Return the loss without each neuron, by a loss that fits the targets if None."""
    import graphnet as gn

    if data.weights is not None:
        raise gn.DataError("weights of samples or steps do not count in a lesion; leave them out of the data")
    measured = loss or _options.default_loss(data)
    return gn.analysis.lesions(net, data.x, data.y, of="neurons", loss=measured, lengths=data.lengths)


def of_data(data: io.Data, steps: int | None, samples: int | None) -> dict[str, Any]:
    """Return what `gn.view` shows of data: inputs, lengths, and targets if there are any."""
    import numpy as np

    import graphnet as gn

    for what, wanted, there in (("samples", samples, len(data.x)), ("steps", steps, data.x.shape[1])):
        if wanted is not None and wanted > there:
            raise gn.DataError(f"it has {there} {what}, fewer than --{what} {wanted}")
    given: dict[str, Any] = {"inputs": data.x[:, :steps], "targets": shown_targets(data, steps), "samples": samples}
    if data.lengths is not None:
        given["lengths"] = np.minimum(data.lengths, given["inputs"].shape[1])
    return given


def shown_targets(data: io.Data, n_steps: int | None) -> Any:
    """Return the targets of the first steps, all where None, without those that do not count."""
    import numpy as np

    if data.y is None:
        return None
    n_samples, most, _ = data.x.shape
    weights = np.ones((n_samples, most)) if data.weights is None else data.weights
    weights = np.broadcast_to(weights if weights.ndim == 2 else weights[:, np.newaxis], (n_samples, most))
    lengths = np.full(n_samples, most) if data.lengths is None else data.lengths
    is_class = data.y.dtype.kind != "f" and data.y.ndim < 3
    y, nothing = (data.y.astype(int), -1) if is_class else (data.y.astype(float), np.nan)
    if y.ndim == 1 or (y.ndim == 2 and not is_class):  # one a sequence, at its last step
        y[weights[np.arange(n_samples), lengths - 1] == 0] = nothing
        if y.ndim == 2 and n_steps is not None:
            y[lengths > n_steps] = nothing
        return y
    y[weights == 0] = nothing
    return y[:, :n_steps]


def name_of(network: str) -> str:
    """Return the name of a file or a folder, without what says its format."""
    place = Path(network).resolve()
    return place.name if place.is_dir() else place.stem


def read(run: gn.RunFolder | None, path: str, columns: Mapping[str, Any], *, needs_targets: bool) -> io.Data:
    """Return the data of a file, with targets if it has them."""
    import graphnet as gn
    from graphnet import io

    def read_it(targets: bool) -> io.Data:
        if run is not None:
            return read_for(run, path, columns, targets=targets)
        return io.read_data(path, targets=targets, **_options.columns_of(columns))

    asked = needs_targets or any(_options.columns_of(columns).get(name) for name in ("y", "ahead", "count"))
    if asked:
        return read_it(True)
    try:
        return read_it(True)
    except gn.DataError as error:
        data = read_it(False)  # what is wrong with the inputs is an error
        say_note(f"without targets: {error}")
        return data
