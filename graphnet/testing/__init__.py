"""For tests of networks: random drawings for hypothesis, gradient checks, and the suite that every executor passes."""

from .case import Case, cases
from .gradients import assert_gradients, check_gradients, redraw_parameters
from .report import GradientEntry, GradientReport, Kink, WrongDerivative
from .strategies import Sequences, neuron_graphs, sequences
from .suite import conformance

__all__ = [
    "Case",
    "GradientEntry",
    "GradientReport",
    "Kink",
    "Sequences",
    "WrongDerivative",
    "assert_gradients",
    "cases",
    "check_gradients",
    "conformance",
    "neuron_graphs",
    "redraw_parameters",
    "sequences",
]
