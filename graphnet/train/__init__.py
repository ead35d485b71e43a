"""Training, in reading order: what it asks of a network, its data, a step, when to stop, what it tells, the loop."""

from .clipping import clip_norm
from .history import History
from .loop import fit
from .metrics import accuracy, confusion_matrix, evaluate
from .optimizers import OPTIMIZERS, SGD, Adam, Optimizer, resolve_optimizer
from .schedules import SCHEDULES, resolve_schedule
from .stopping import DivergedError
from .trainable import Runnable, Trainable

__all__ = [
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "DivergedError",
    "History",
    "Optimizer",
    "Runnable",
    "Trainable",
    "accuracy",
    "clip_norm",
    "confusion_matrix",
    "evaluate",
    "fit",
    "resolve_optimizer",
    "resolve_schedule",
]
