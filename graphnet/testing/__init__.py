"""Tools to test networks: hypothesis strategies for drawings, gradient checks, a conformance suite for executors."""

from .conformance_suite import conformance
from .gradient_report import GradientEntry, GradientReport, Kink, WrongDerivative
from .gradients import assert_gradients, check_gradients, redraw_parameters
from .property_cases import Case, cases
from .strategies import Sequences, neuron_graphs, sequences

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
