"""For tests of networks: random drawings for hypothesis, gradient checks, and the suite that every executor passes."""

from .gradients import assert_gradients, check_gradients
from .report import GradientEntry, GradientReport, Kink, WrongDerivative
from .strategies import Sequences, neuron_graphs, sequences

__all__ = [
    "GradientEntry",
    "GradientReport",
    "Kink",
    "Sequences",
    "WrongDerivative",
    "assert_gradients",
    "check_gradients",
    "neuron_graphs",
    "sequences",
]
