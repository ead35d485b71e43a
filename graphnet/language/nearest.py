"""The name that was probably meant: the one place where keywords, settings, names of things and options look for it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import Any

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
"""Names that torch, Keras, scikit-learn, SciPy and others have for a keyword or a setting."""

SYNONYMS: dict[str, tuple[str, ...]] = {
    "mse": ("l2", "mean_squared_error", "squared_error"),
    "mae": ("l1", "mean_absolute_error", "absolute_error"),
    "huber": ("smooth_l1", "smoothl1"),
    "quantile": ("pinball",),
    "cosine": ("cosine_similarity", "cosine_embedding"),
    "cross_entropy": ("ce", "nll", "softmax_cross_entropy"),
    "binary_cross_entropy": ("bce",),
    "glorot": ("xavier",),
    "he": ("kaiming",),
    "float32": ("single", "fp32", "f32", "float", "half", "float16", "bfloat16"),
    "float64": ("double", "fp64", "f64"),
    "fast": ("numba", "jit", "compiled"),
    "reference": ("numpy", "scipy"),
}
"""Other words in the field for names of things, which no spelling comes near to."""


def nearest_names(name: Any, known: Iterable[str]) -> list[str]:
    """Return the known names that ``name`` was probably meant to be, best first, at most three.

    It is known elsewhere by this name (``lr``), or is spelt nearly so, whatever its case, dashes and blanks; sizes are
    ``n_heads`` in Python and ``--heads`` on the command line.

    Parameters
    ----------
    name : str
        Anything else resembles none.
    known : iterable of str

    Returns
    -------
    list of str

    Examples
    --------
    >>> nearest_names("lr", ["epochs", "learning_rate"]), nearest_names("l2", ["mse", "cross_entropy"])
    (['learning_rate'], ['mse'])
    >>> nearest_names("LSTM", ["lstm", "gru"]), nearest_names("n_epochs", ["epochs"]), nearest_names("qqq", ["adam"])
    (['lstm'], ['epochs'], [])
    """
    if not isinstance(name, str):
        return []
    names = {_folded(each): each for each in known}
    folded = _folded(name)
    for size in (f"n_{folded}", folded.removeprefix("n_")):
        if size in names:
            return [names[size]]
    for meant, others in (OTHER_NAMES | SYNONYMS).items():
        if meant in names and (name in others or folded in others):
            return [names[meant]]
    plain = {each.replace("_", ""): whole for each, whole in names.items()}
    return [plain[each] for each in get_close_matches(folded.replace("_", ""), plain)]


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


def did_you_mean(name: Any, known: Iterable[str]) -> str:
    """Return the end of a message about a name that is none of the known ones; empty where it resembles none.

    >>> did_you_mean("double", ["float64", "float32"])
    "; did you mean 'float64'?"
    """
    near = nearest_names(name, known)
    return f"; did you mean {near[0]!r}?" if near else ""


def _folded(name: str) -> str:
    """Return a name without what is often written differently."""
    return name.strip().casefold().replace("-", "_").replace(" ", "_")
