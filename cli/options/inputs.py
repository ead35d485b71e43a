"""Generated inputs: a pulse, noise or a sine, and the options that shape them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from . import types as _options
from .numbers import Number

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from graphnet import io

GENERATED = ("pulse", "noise", "sine")
"""Inputs that can be generated."""

PERIOD = 20
"""Default period of a sine, in steps."""

SHAPES = {"amplitude": GENERATED, "period": ("sine",), "at": ("pulse",), "channel": GENERATED}
"""Options of generated inputs, and the inputs that each applies to."""

_SHAPE_OPTIONS: tuple[_options.Decorator, ...] = (
    click.option("--amplitude", type=Number(), help="Factor of a generated input.  [default: 1]"),
    click.option("--period", type=_options.POSITIVE, help=f"Period of a sine, in steps.  [default: {PERIOD}]"),
    click.option(
        "--at", metavar="STEP", type=click.IntRange(min=0), help="Step of the pulse.  [default: 0, the first]"
    ),
    click.option(
        "--channel",
        metavar="N",
        type=click.IntRange(min=0),
        help="Index of the only input that is not 0, counted from 0.  [default: all inputs]",
    ),
)


class Input(click.ParamType):  # type: ignore[type-arg] # generic only in newer click
    """A file, or the name of a generated input, with completion of both."""

    name = "input"

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that start with ``incomplete``, and files."""
        from click.shell_completion import CompletionItem

        names = [CompletionItem(name) for name in GENERATED if name.startswith(incomplete)]
        return [*names, CompletionItem(incomplete, type="file")]


def shapes(command: Any) -> Any:
    """Add the options of generated inputs."""
    for option in reversed(_SHAPE_OPTIONS):
        command = option(command)
    return command


def check_shapes(
    given: str, steps: int | None, shape: Mapping[str, Any], columns: Mapping[str, Any], file: str = "--input FILE"
) -> None:
    """Raise a usage error for options that do not go with the input: a generated one, or the path of a ``file``."""
    if given in GENERATED and columns:
        raise click.UsageError(f"--{next(iter(columns))} is for {file}, not for {given}")
    if given in GENERATED and steps is None:
        raise click.UsageError(f"--input {given} needs --steps")
    for name, kinds in SHAPES.items():
        if shape[name] is not None and given not in kinds:
            raise click.UsageError(f"--{name} is for --input {' or '.join(kinds)}, not for {given}")
    if steps is not None and shape["at"] is not None and shape["at"] >= steps:
        raise click.UsageError(f"--at {shape['at']} is past the last of {steps} steps, {steps - 1}")


def make_input(
    kind: str,
    n_samples: int,
    n_steps: int,
    n_inputs: int,
    seed: int,
    *,
    amplitude: float | None,
    period: float | None,
    at: int | None,
    channel: int | None,
) -> io.Data:
    """Generate sequences of one kind, (n_samples, n_steps, n_inputs); with ``channel`` all other inputs are 0."""
    import numpy as np

    from graphnet import io

    if channel is not None and channel >= n_inputs:
        inputs = f"its inputs are 0 to {n_inputs - 1}" if n_inputs else "it has none"
        raise click.BadParameter(f"{channel} is not an input of the network; {inputs}", param_hint="'--channel'")
    shape, steps = (n_samples, n_steps, n_inputs), np.arange(n_steps)
    if kind == "noise":
        values = np.random.default_rng(seed).normal(size=shape)
    elif kind == "pulse":
        values = (steps == (at or 0))[:, np.newaxis]
    else:
        values = np.sin(2 * np.pi * steps / (period or PERIOD))[:, np.newaxis]
    is_driven = np.isin(np.arange(n_inputs), np.arange(n_inputs) if channel is None else channel)
    factor = 1.0 if amplitude is None else amplitude
    return io.Data(np.broadcast_to(np.where(is_driven, factor * values, 0.0), shape))
