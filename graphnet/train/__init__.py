"""Training, in reading order: the interface of a network, data, settings, an update, the loop, run folders."""

from .evaluate import evaluate
from .fit import fit, resume
from .flow import Flow, GradientWarning, flow_to_inputs
from .history import History
from .readout import ridge
from .rules.clipping import clip_norm, clip_value
from .rules.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, resolve_optimizer
from .rules.schedules import SCHEDULES, resolve_schedule
from .runs.folder import RunFolder, open_run
from .settings import FitSettings
from .stopping import DivergedError
from .trainable import Runnable, Trainable

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "DivergedError",
    "FitSettings",
    "Flow",
    "GradientWarning",
    "History",
    "Optimizer",
    "RunFolder",
    "Runnable",
    "Trainable",
    "clip_norm",
    "clip_value",
    "evaluate",
    "fit",
    "flow_to_inputs",
    "open_run",
    "resolve_optimizer",
    "resolve_schedule",
    "resume",
    "ridge",
]
