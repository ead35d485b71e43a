"""``graphnet predict``: the outputs of a run for data."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..networks import problems_of
from ..options import types as _options
from ..outputs import check_suffix, output_nodes, write_arrays, write_rows
from ..render import note, print_json, print_rows
from ..runs import loss_name, read_for

if TYPE_CHECKING:
    from graphnet import io

AT_ONCE = 256
"""Number of sequences that are run together: the values of all neurons take memory."""


@click.command()
@click.argument("run", type=click.Path())
@click.argument("data", type=click.Path())
@click.option("-o", "--output", type=click.Path(), required=True, help="The .npz or .csv file to write.")
@_options.input_columns
@_options.as_json
def predict(run: str, data: str, output: str, as_json: bool, **columns: Any) -> None:
    """Write the outputs of RUN for DATA, of which targets are not read.

    An .npz file has outputs (n_samples, n_steps, n_outputs), output_nodes, and lengths where sequences differ in
    length.  Where RUN was trained on classes it also has classes (n_samples, n_steps), that of the largest output at
    every step, and probabilities like the outputs.  A .csv file has a row for each step of each sequence, and the same
    in columns.  Of windows there is the last step.

    Where RUN was trained on numbers of a table, outputs are called like the targets, with + and the horizon: wind+24
    is the wind 24 steps after the row.  The column of times is written beside them, into .npz as times.

    Columns of a table are taken as the run was trained on them, where no option says otherwise; its choice of rows is
    not.
    """
    import numpy as np

    import graphnet as gn

    check_suffix(output)
    folder = gn.open_run(run)
    net = folder.network()
    found = read_for(folder, data, columns, targets=False)
    with problems_of(run, data), np.errstate(over="ignore", invalid="ignore"):
        parts = [slice(first, first + AT_ONCE) for first in range(0, len(found.x), AT_ONCE)]
        lengths = np.full(len(found.x), found.x.shape[1]) if found.lengths is None else found.lengths
        outputs = np.concatenate([net.run(found.x[part], lengths=lengths[part]) for part in parts])
    if found.series is not None and found.series.ends is not None:
        outputs = outputs[:, -1:]
    of_classes = loss_name(folder.settings["settings"].get("loss")) == "cross_entropy"
    names = folder.settings.get("about", {}).get("outputs") or output_nodes(net)
    write(output, names, outputs, found, of_classes=of_classes)
    n_samples, n_steps, n_outputs = outputs.shape
    wrong = int(outputs.size - np.isfinite(outputs).sum())
    result = {"run": run, "data": data, "output": output, "samples": n_samples, "steps": n_steps, "outputs": n_outputs}
    if as_json:
        print_json(result | {"not_finite": wrong})
        return
    print_rows(result)
    if wrong:
        note(f"{wrong} values of the outputs are not finite: the network diverges on this input")


def write(path: str, nodes: Sequence[Hashable], outputs: Any, data: io.Data, *, of_classes: bool) -> None:
    """Write outputs, and for classes their labels and probabilities, as arrays or as a row for each step."""
    import numpy as np
    from scipy.special import softmax

    arrays = {"outputs": outputs, "output_nodes": np.array(list(map(str, nodes)))}
    if of_classes:
        with np.errstate(invalid="ignore"):
            arrays |= {"classes": outputs.argmax(axis=2), "probabilities": softmax(outputs, axis=2)}
    if Path(path).suffix.lower() != ".csv":
        write_arrays(path, arrays | times_of(data, outputs.shape[1]), data.lengths)
        return
    values: dict[Hashable, Any] = {node: outputs[:, :, i] for i, node in enumerate(nodes)}
    if of_classes:
        likely = {f"probability of {node}": arrays["probabilities"][:, :, i] for i, node in enumerate(nodes)}
        values = {"class": arrays["classes"]} | likely | values
    write_rows(path, values, data.lengths, data.series)


def times_of(data: io.Data, n_steps: int) -> dict[str, Any]:
    """Return the times of the steps of a table, (n_samples, n_steps), if it has any."""
    import numpy as np

    if data.series is None or data.series.times is None:
        return {}
    steps = data.series.steps(n_steps)
    return {"times": data.series.times[np.minimum(steps, len(data.series.times) - 1)]}
