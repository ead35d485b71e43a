"""Options of the commands that compile a drawing to train it."""

from __future__ import annotations

import click

from . import types as _options
from .group import Choice
from .settings import NETWORK
from .types import Decorator

initializer: Decorator = click.option(
    "--initializer", type=_options.INITIALIZER, help=f"How open weights are drawn.  [default: {NETWORK['initializer']}]"
)
standardize: Decorator = click.option(
    "--standardize/--no-standardize",
    default=None,
    help="Put neurons between DATA and GRAPH that take off the mean of each input, and of each target with a unit, "
    "and divide by its deviation.  [default: no]",
)
dtype: Decorator = click.option(
    "--dtype",
    type=Choice(["float64", "float32"]),
    help=f"What is computed in.  [default: that of a network or run; else {NETWORK['dtype']}]",
)
dt: Decorator = click.option(
    "--dt",
    type=_options.POSITIVE,
    help=f"The step of time, in the unit of tau.  [default: that of a network or run; else {NETWORK['dt']:g}]",
)
