"""Series of numbers: what is held out of them, what they are compared with, and what is said of their scale."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from .networks import problems_of
from .options import types as _options
from .render import say_note

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io

MOST_DRAWN = 6
"""Number of outputs that are drawn of windows if none are named."""
LARGE, SMALL = 10.0, 0.01
"""Bounds of means and deviations of columns beyond which --standardize is suggested."""


class Parts(NamedTuple):
    """Data to train on; those that are held out of them, or read for it; and the validation that ``fit`` takes."""

    training: io.Data
    held_out: io.Data | None
    validation: tuple[Any, ...] | float | None

    @property
    def compared(self) -> tuple[io.Data, str]:
        """Data on which a network is compared with simple forecasts, and a name for them."""
        return (self.training, "of the training") if self.held_out is None else (self.held_out, "held out")


def split(found: io.Data, validation: Any, columns: Mapping[str, Any], data: str) -> Parts:
    """Return the parts of data: a fraction of windows, or of one series, is the last part of each series.

    Other fractions stay what they are, and a file is read by the columns of ``data``.
    """
    from graphnet import io

    if isinstance(validation, str):
        held_out = io.read_data(validation, **_options.columns_for(validation, columns, data))
    elif validation is None or not found.in_time:
        return Parts(found, None, validation)
    else:
        with problems_of(data):
            found, held_out = found.split(validation)
    return Parts(found, held_out, (held_out.x, held_out.y, held_out.lengths, held_out.weights))


def say_remark(path: str, data: io.Data) -> None:
    """Print a note about rows that are missing from even times, or times that are not in order."""
    if data.series is not None and data.series.remark is not None:
        say_note(f"{path}: {data.series.remark}")


def suggest_standardize(path: str, data: io.Data, net: gn.Network, loss: Any) -> None:
    """Print a note if a column of a table is far from the numbers near 1 that networks learn well with."""
    import numpy as np

    is_done = any(isinstance(node, tuple) and node[:1] == ("standardized",) for node in net.to_table().nodes)
    if data.series is None or not data.series.inputs or is_done:
        return
    columns = dict(zip(data.series.inputs, np.moveaxis(data.x, -1, 0), strict=True))
    if is_of_numbers(data, loss) and data.series.values is not None:
        columns |= dict(zip(data.series.targets, data.series.values.T, strict=True))
    for name, values in columns.items():
        with np.errstate(over="ignore", invalid="ignore"):
            mean, deviation = float(np.nanmean(values)), float(np.nanstd(values))
        if abs(mean) > LARGE or deviation > LARGE or 0 < deviation < SMALL:
            say_note(
                f"{path}: column {name!r} has mean {mean:.4g} and deviation {deviation:.4g}, and networks learn best "
                "from numbers near 1: --standardize computes with such"
            )
            return


def is_of_numbers(data: io.Data, loss: Any) -> bool:
    """Return True if targets are numbers of a table, and outputs in their unit, as with the mean squared error."""
    import graphnet as gn

    of = gn.losses.resolve_loss(loss)
    has_unit = isinstance(of, gn.losses.CountedLoss) and of.has_unit
    return has_unit and data.series is not None and data.series.values is not None and bool(data.series.targets)


def fit_baselines(data: io.Data, n_outputs: int | None, loss: Any) -> gn.analysis.Baselines | None:
    """Return what a network is compared with, fitted to what it is trained on; None where there is no such thing.

    ``n_outputs`` is the number of its outputs, None where they are as many as the targets.
    """
    import graphnet as gn

    if not is_of_numbers(data, loss) or data.series is None:
        return None
    if n_outputs not in (None, len(data.series.outputs)):
        return None
    try:
        return gn.analysis.Baselines.fit(data)
    except gn.DataError:  # numbers without a square, of which the fit says more
        return None


def notes_of(data: io.Data, n_outputs: int | None, loss: Any) -> dict[str, Any]:
    """Return what a run keeps of a table of series: the names of outputs, and what `fit_baselines` returns."""
    baselines = fit_baselines(data, n_outputs, loss)
    if baselines is None or data.series is None:
        return {}
    return {"outputs": data.series.outputs, "baselines": baselines.to_dict()}


def rest_of(path: str, about: Mapping[str, Any]) -> str | None:
    """Return the condition on the rows that a training on a file left out, None where none is known to choose any.

    >>> rest_of("spots.csv", {"where": ["year<=1920", "year>1700"]})  # both ends
    """
    import graphnet as gn
    from graphnet import io

    given = [*about.get("where", ()), *about.get("count", ())]
    opposite = {"<=": ">", "<": ">="}
    sign = next((each for each in opposite if len(given) == 1 and each in given[0]), None)
    if sign is None:
        return None
    rest = given[0].replace(sign, opposite[sign])
    try:
        io.read_data(path, **_options.columns_for(path, about, about.get("data")), count=[rest])
    except gn.DataError:  # there is no such row
        return None
    return rest


def say_if_trained_on(path: str, about: Mapping[str, Any], chosen: Mapping[str, Any]) -> None:
    """Print a note if a file is measured as a whole, and a part of it was trained on and others held out."""
    if any(chosen.get(name) for name in ("where", "count")) or not _is_same(path, about.get("data")):
        return
    is_held_out = about.get("validation_data") is not None and not isinstance(about["validation_data"], str)
    if is_held_out or any(about.get(name) for name in ("where", "count")):
        rest = rest_of(path, about)
        hint = "--count or --where chooses others" if rest is None else f"--count {rest!r} chooses others"
        say_note(f"{path}: rows of the training are among these; {hint}")


def _is_same(path: str, other: Any) -> bool:
    try:
        return isinstance(other, str) and Path(path).samefile(other)
    except OSError:
        return False


def points_of(data: io.Data, n_outputs: int, names: Sequence[str] = ()) -> dict[str, Any]:
    """Return how a plot of predictions draws windows, each as a point at its end: times or numbers of rows.

    ``names`` are those of the outputs to draw, by default all targets at the first horizon.
    """
    series = data.series
    if series is None or series.ends is None:
        return named_outputs(data, n_outputs)
    steps = series.ends
    if series.times is not None and len(series.lengths) == 1:
        steps = _as_moments(series.times[steps], steps)
    found = {**named_outputs(data, n_outputs), "steps": steps}
    if "names" in found and not names:
        found["output"] = found["names"][: len(series.targets)][:MOST_DRAWN]
    return found


def named_outputs(data: io.Data, n_outputs: int) -> dict[str, Any]:
    """Return the names of outputs of a table of series, as a plot of predictions takes them."""
    outputs = [] if data.series is None else data.series.outputs
    return {"names": outputs} if outputs and len(outputs) == n_outputs else {}


def _as_moments(times: Any, otherwise: Any) -> Any:
    """Return times as numbers or as datetime64, of UTC where they have an offset."""
    import numpy as np

    if times.dtype.kind in "iuf":
        return times
    try:
        moments = [datetime.fromisoformat(str(each)) for each in times.tolist()]
    except ValueError:  # of whole numbers that no float can hold
        return otherwise
    moments = [each.astimezone(UTC).replace(tzinfo=None) if each.tzinfo else each for each in moments]
    return np.array(moments, "datetime64[us]")


def compared(net: gn.Network, data: io.Data, baselines: gn.analysis.Baselines | None) -> list[dict[str, Any]]:
    """Return the errors of a network and of simple forecasts, a row for each output."""
    import graphnet as gn

    if baselines is None:
        return []
    try:
        frame = baselines.compare(net, data)
    except gn.DataError:  # of other targets or horizons than those of the training
        return []
    return [{str(name): value for name, value in row.items()} for row in frame.to_dict("records")]


def known_baselines(about: Mapping[str, Any]) -> gn.analysis.Baselines | None:
    """Return the baselines that were fitted when a run was trained."""
    import graphnet as gn

    found = about.get("baselines")
    return None if found is None else gn.analysis.Baselines.from_dict(found)


def show_compared(rows: Sequence[dict[str, Any]], of: str) -> dict[str, str]:
    """Return a line for each output, by its name.

    >>> row = {"target": "spots", "ahead": 1, "steps": 35, "rmse": 13.97, "persistence": 25.26, "order": 8}
    >>> show_compared([row | {"autoregression": 13.91, "mean": 41.7}], "held out")
    {'compared over': '35 steps held out', 'spots+1': 'rmse 13.97; persistence 25.26; AR(8) 13.91; mean 41.7'}
    """
    lines = {}
    for row in rows:
        name = row["target"] + f"+{row['ahead']}" * (row["ahead"] > 0)
        linear = f"AR({row['order']}) {row['autoregression']:.4g}; " if row["order"] else ""
        lines[name] = f"rmse {row['rmse']:.4g}; persistence {row['persistence']:.4g}; {linear}mean {row['mean']:.4g}"
    return {"compared over": f"{rows[0]['steps']} steps {of}".rstrip()} | lines if lines else {}


def say_if_worse(rows: Sequence[dict[str, Any]]) -> None:
    """Print a note about outputs that are worse than the mean of what was trained on."""
    worse = [row for row in rows if not row["rmse"] <= row["mean"]]
    if worse:
        first = worse[0]
        say_note(
            f"{len(worse)} of {len(rows)} outputs are no better than the mean of the training ({first['target']}: "
            f"{first['rmse']:.4g} against {first['mean']:.4g}): nothing is learnt; try --standardize, more epochs or "
            "another --learning-rate"
        )
