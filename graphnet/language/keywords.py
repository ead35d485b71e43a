"""Keywords: one that a function does not have is refused, with the name that was probably meant."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from difflib import get_close_matches
from functools import wraps
from inspect import CO_VARKEYWORDS, unwrap
from typing import Any, ParamSpec, Self, TypeVar

Given = ParamSpec("Given")
Result = TypeVar("Result")

MOST_COMPARED = 100_000
"""Number of names among which the nearest to an unknown one is looked for."""

OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "learning_rate": ("lr", "eta", "eta0", "step_size", "learning_rate_init", "base_lr", "max_lr"),
    "epochs": ("num_epochs", "max_epochs", "nb_epoch", "n_iter", "max_iter", "num_train_epochs"),
    "batch_size": ("batch", "bs", "minibatch", "minibatch_size"),
    "validation": ("val", "valid", "validation_data", "validation_split", "validation_fraction", "eval_set"),
    "patience": ("early_stopping", "early_stopping_rounds", "n_iter_no_change"),
    "clip_norm": ("max_grad_norm", "max_norm", "gradient_clip_val", "grad_clip", "gradient_clipping"),
    "truncation": ("bptt", "tbptt", "tbptt_steps", "truncated_bptt_steps"),
    "stateful": ("keep_state", "carry_state"),
    "bucket": ("group_by_length", "sort_by_length"),
    "seed": ("random_state", "random_seed", "rng", "manual_seed"),
    "loss": ("criterion", "loss_fn", "loss_fun", "objective"),
    "optimizer": ("optim", "opt", "solver"),
    "schedule": ("lr_scheduler", "lr_schedule", "learning_rate_schedule"),
    "callback": ("callbacks", "hook", "hooks"),
    "progress": ("verbose", "show_progress", "progress_bar"),
    "weights": ("sample_weight", "sample_weights"),
    "class_weights": ("weight", "pos_weight"),
    "lengths": ("seq_len", "sequence_length", "sequence_lengths"),
    "inputs": ("x", "X"),
    "targets": ("y", "Y", "labels", "y_true"),
    "run": ("output", "output_dir", "log_dir", "folder", "path"),
    "initializer": ("init", "kernel_initializer", "weight_init"),
    "dtype": ("precision",),
    "backend": ("device", "executor", "engine"),
    "executor": ("n_jobs", "workers", "n_workers", "max_workers", "num_workers", "processes", "pool"),
    "against": ("baseline", "control"),
    "dt": ("step", "time_step", "timestep", "delta_t"),
    "beta1": ("beta_1", "betas"),
    "beta2": ("beta_2",),
    "epsilon": ("eps",),
    "alpha": ("rho", "decay_rate", "smoothing_constant"),
    "weight_decay": ("wd", "l2", "l2_penalty", "weight_l2"),
    "factor": ("gamma", "decay"),
    "at": ("milestones", "boundaries"),
    "final": ("eta_min", "end_factor", "alpha"),
    "least": ("min_lr", "min_factor"),
    "fraction": ("warmup", "pct_start", "warmup_ratio"),
    "memory": ("history_size", "maxcor"),
    "gradient_tolerance": ("tolerance_grad", "gtol", "tol"),
    "value_tolerance": ("tolerance_change", "ftol"),
    "max_line_search": ("maxls", "line_search"),
}
"""Names that torch, Keras, scikit-learn, SciPy and others have for a keyword."""


def nearest_keyword(name: str, known: Collection[str]) -> str | None:
    """Return the known keyword that ``name`` probably means, by its name elsewhere or by its spelling.

    >>> nearest_keyword("lr", ["epochs", "learning_rate"]), nearest_keyword("n_epochs", ["epochs", "seed"])
    ('learning_rate', 'epochs')
    """
    if f"n_{name}" in known:  # sizes are n_heads here, and --heads on the command line
        return f"n_{name}"
    for meant, others in OTHER_NAMES.items():
        if meant in known and (name in others or name.lower() in others):
            return meant
    plain = {_plain(each): each for each in known}
    near = get_close_matches(_plain(name), plain, n=1)
    return plain[near[0]] if near else None


def nearest_name(name: Any, known: Collection[Any]) -> Any:
    """Return the name of any type, such as that of a node, that ``name`` resembles as text; None if none does.

    >>> nearest_name("asel", ["ASEL", "ASER"]), nearest_name("12", [12, 13]), nearest_name("x", ["ASEL"]) is None
    ('ASEL', 12, True)
    """
    if len(known) > MOST_COMPARED:
        return None
    folded = {str(each).casefold(): each for each in known}
    near = get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.75)
    return folded[near[0]] if near else None


def check_keywords(caller: str, given: Iterable[str], known: Collection[str]) -> None:
    """Raise a TypeError for the first keyword that ``caller`` does not have.

    >>> check_keywords("fit", ["batchsize"], ["batch_size", "epochs"])
    Traceback (most recent call last):
    ...
    TypeError: fit() got an unexpected keyword argument 'batchsize'; did you mean 'batch_size'?
    """
    for name in given:
        if name not in known:
            near = nearest_keyword(name, known)
            hint = f"did you mean {near!r}?" if near else f"it takes {', '.join(known) or 'none'}"
            raise TypeError(f"{caller}() got an unexpected keyword argument {name!r}; {hint}")


def suggests_keywords(function: Callable[Given, Result]) -> Callable[Given, Result]:
    """Decorate a function so that it refuses a keyword that it does not have with the one that was probably meant."""
    known = _keywords_of(function) or ()

    @wraps(function)
    def call(*args: Given.args, **named: Given.kwargs) -> Result:
        check_keywords(function.__name__, named, known)
        return function(*args, **named)

    call.__kwdefaults__ = function.__kwdefaults__  # type: ignore[attr-defined] # it is a plain function
    return call


class SuggestsKeywords:
    """Base of classes that refuse a keyword that their ``__init__`` does not have with the one that was meant."""

    def __new__(cls, *args: Any, **named: Any) -> Self:
        known = _keywords_of(cls.__init__)
        if known is not None:
            check_keywords(cls.__name__, named, known)
        return super().__new__(cls)


def _keywords_of(function: Any) -> tuple[str, ...] | None:
    """Return the parameters of a function, without ``self``; None if it takes any keyword."""
    code = getattr(unwrap(function), "__code__", None)
    if code is None:
        return ()
    if code.co_flags & CO_VARKEYWORDS:
        return None
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    return tuple(name for name in names if name != "self")


def _plain(name: str) -> str:
    """Return a name without what is often written differently."""
    return name.lower().replace("_", "").replace("-", "")
