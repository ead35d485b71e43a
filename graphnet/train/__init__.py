"""Training, in reading order: what it asks of a network, its data, its settings, a step, the loop, what it keeps."""

from .fit import fit, resume
from .flow import Flow, GradientWarning, gradient_flow
from .history import History
from .metrics import accuracy, confusion_matrix, evaluate, macro_f1, mae, r2, rmse
from .rules.clipping import clip_norm, clip_value
from .rules.optimizers import OPTIMIZERS, SGD, Adam, Optimizer, resolve_optimizer
from .rules.schedules import SCHEDULES, resolve_schedule
from .runs.folder import RunFolder, open_run
from .stopping import DivergedError
from .trainable import Runnable, Trainable

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "DivergedError",
    "Flow",
    "GradientWarning",
    "History",
    "Optimizer",
    "RunFolder",
    "Runnable",
    "Trainable",
    "accuracy",
    "clip_norm",
    "clip_value",
    "confusion_matrix",
    "evaluate",
    "fit",
    "gradient_flow",
    "macro_f1",
    "mae",
    "open_run",
    "r2",
    "resolve_optimizer",
    "resolve_schedule",
    "resume",
    "rmse",
]
