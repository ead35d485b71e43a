"""`sweep`: a search for settings, drawings and their options with Optuna."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from ..errors import DataError, first_of
from ..execute.workers import Workers, read_workers
from ..graphs.kinds import kinds, parameters_of
from ..language.checks import COUNT, Whole, read_names, read_setting, shown, whole_number
from ..language.keywords import check_keywords
from ..language.nearest import did_you_mean
from ..train.settings import VALIDATION, FitSettings
from .candidates import Problem, read_problem
from .dispatch import check_sendable, run_trials
from .identity import check_same_search, describe_search
from .quiet import quiet, require_optuna
from .space import Choices, Space, grid_of, random_point, read_space
from .storage import Store, read_store
from .trials import Trials, log, reasons_of
from .worker import Work

if TYPE_CHECKING:
    import optuna
    from optuna.pruners import BasePruner

SAMPLERS = ("tpe", "random", "grid")
N_CHECKED = 3
"""Number of points of which at least one has to be trainable before a search begins."""


def sweep(
    make: Any,
    space: Mapping[str, Any],
    inputs: Any,
    targets: Any,
    *,
    sampler: str = "tpe",
    trials: int = 50,
    seeds: Any = 1,
    prune: Any = False,
    storage: Any = None,
    name: str | None = None,
    executor: Any = None,
    seed: int = 0,
    validation: Any = 0.2,
    **fit: Any,
) -> optuna.Study:
    """Search for the settings of a fit, and the drawing, with the lowest validation loss.

    A trial trains a network for some options and scores it by its validation loss: that of the epoch whose parameters
    the network ends with, the mean over seeds.  The same call goes on with a search that was interrupted or killed.

    Parameters
    ----------
    make : str, function or drawing
        A kind of drawing, such as "gru", with options such as ``n_hidden``; a function of options that returns a graph;
        or a graph, whose fit alone is searched.
    space : dict
        A list of values, a range (low, high) or a range by logarithm (low, high, "log") for each name; two whole bounds
        give whole numbers.  Names of settings of `fit`, or their parts such as ``optimizer.weight_decay``, go to the
        fit; ``dtype``, ``dt`` and ``initializer`` to `compile`; others to ``make``.  ``kind`` chooses between kinds,
        ``rewired.keep``, ``rewired.within`` and ``rewired.seed`` rewire the drawing as `graphs.rewired` does, and
        ``standardize`` True standardises it as `graphs.standardized` does.
    inputs, targets : array
        The data, as for `fit`.
    sampler : "tpe", "random" or "grid"
        Tree-structured Parzen estimator, which learns from the trials before; random draws; or all combinations, for
        which the space must have no ranges.
    trials : int
        Number of trials; a grid has as many as it has points.
    seeds : int or list of int
        Seeds of the fits of a trial, or their number n for 0 to n - 1: networks, held-out samples and batches.
    prune : bool or pruner of Optuna
        Stop a trial after an epoch at which it is worse than the median of the others (Optuna's MedianPruner).
    storage : path, URL or storage of Optuna, optional
        A path is that of a journal (Optuna's JournalStorage), which several processes can use at once.  By default
        ``NAME.journal`` in the current folder; this process's memory, if there is no name either.
    name : str, optional
        Name of the study.
    executor : None, int or concurrent.futures.Executor
        None runs trials in this process, one after the other.  A number starts so many processes, which share the
        threads of this one.
    seed : int
        Seed of the search: random trial k draws from (seed, k).
    validation : float or (inputs, targets), (inputs, targets, lengths) or (inputs, targets, lengths, weights)
        As for `fit`.
    **fit
        What all trials share: settings of `fit`, its ``lengths`` and ``weights``, and options of the drawing.

    Returns
    -------
    optuna.Study
        Trials have the user attributes ``index`` (from 0), ``scores`` (by seed), ``epochs``, ``validation_accuracy``
        of a loss with right and wrong answers, ``host``, ``process`` and ``start``; one that failed has a ``reason``,
        one that was ``lost`` with its process was begun again.

    Raises
    ------
    DataError
        If something does not fit, before anything is written; or if no trial has a score.
    ChildProcessError
        If a given executor broke; the same call goes on with another one.
    Exception
        As ``make`` raised it, with a note that names the trial.

    Notes
    -----
    With one worker the same arguments give the same trials to the last bit, also after interruptions.  With several,
    the trials of "grid" and "random" are the same ones in another order; those of "tpe", and which trials are pruned,
    depend on what has ended before.

    A trial that diverges, or whose options do not make a network, fails with its reason and the search goes on.  So it
    does if the process of a trial is killed: that trial alone is begun again, unless three workers ended at it.

    References
    ----------
    Akiba, T., Sano, S., Yanase, T., Ohta, T. & Koyama, M. (2019). Optuna: a next-generation hyperparameter optimization
    framework. KDD.
    Bergstra, J. & Bengio, Y. (2012). Random search for hyper-parameter optimization. JMLR 13.
    Bergstra, J., Bardenet, R., Bengio, Y. & Kegl, B. (2011). Algorithms for hyper-parameter optimization. NeurIPS.

    Examples
    --------
    >>> import numpy as np
    >>> import graphnet as gn
    >>> x = np.random.default_rng(0).normal(size=(40, 5, 1))
    >>> space = {"learning_rate": [0.001, 0.03], "n_hidden": [2, 4]}
    >>> study = gn.sweep("elman", space, x, np.cumsum(x, axis=1), sampler="grid", epochs=3)
    >>> len(study.trials), study.best_params["learning_rate"]
    (4, 0.03)
    """
    check_keywords_of_sweep(make, fit)
    require_optuna()
    workers = read_workers(executor)
    problem, numbers = read_search(make, space, inputs, targets, seeds, validation, fit)
    points, n_trials = _read_sampler(sampler, problem.space, trials, whole_number(seed, "seed", 0))
    pruner = _read_pruner(prune)
    if name is not None and (not isinstance(name, str) or not name.strip()):
        raise DataError(f"name: {shown(name)}; must be the name of a study")
    store = read_store(storage, name)
    _check_pruning(prune, store, workers)
    described = describe_search(
        problem, sampler=sampler, seed=int(seed), seeds=list(numbers), prune=_described_pruner(prune)
    )
    first = (
        points[:N_CHECKED] if points is not None else [random_point(problem.space, seed, k) for k in range(N_CHECKED)]
    )
    problem.check(first, numbers[0])
    check_sendable(problem, workers)
    with quiet():
        import optuna

        opened = store.open()
        if store.path is None and store.url is None:
            store = Store(given=opened)
        with store.locked():
            study = _open_study(opened, name or "sweep", store)
            check_same_search(study, described, str(store))
        most_epochs = _most_epochs(problem)
        work = Work(problem, numbers, study.study_name, store, pruner if prune else None, most_epochs)
        with Trials(opened, study.study_name, store, problem.space, points, n_trials, int(seed), pruner) as all_trials:
            try:
                run_trials(all_trials, work, workers)
            except optuna.exceptions.StorageInternalError as error:
                raise DataError(f"storage: {store}: it failed; the same search goes on with it: {error}") from error
            elsewhere = all_trials.running_elsewhere()
            study = all_trials.study(optuna.samplers.TPESampler(seed=int(seed)))
        for each in elsewhere:
            owner = f"process {each.user_attrs['process']} on {each.user_attrs['host']}"
            log.info("trial %d of %d is run by %s", each.user_attrs["index"], n_trials, owner)
    _check_scores(study, bool(elsewhere))
    return study


def check_keywords_of_sweep(make: Any, fit: Mapping[str, Any]) -> None:
    """Raise a TypeError for a keyword that resembles one of `sweep` itself, and is none of ``make``."""
    own = ("sampler", "trials", "seeds", "prune", "storage", "name", "executor", "seed", "validation")
    function = kinds().get(make) if isinstance(make, str) else make
    others = [*(each.name for each in fields(FitSettings)), *(parameters_of(function) if callable(function) else ())]
    for name in fit:
        if name not in others and did_you_mean(name, [*own, *others]).endswith(tuple(f"{each!r}?" for each in own)):
            check_keywords("sweep", [name], own)


def read_search(
    make: Any, space: Any, inputs: Any, targets: Any, seeds: Any, validation: Any, fit: Mapping[str, Any]
) -> tuple[Problem, tuple[int, ...]]:
    """Return the problem of a search and the seeds of its fits; raise a DataError for what does not fit."""
    numbers = _read_seeds(seeds)
    held_out = None if validation is None else read_setting("validation", validation, VALIDATION)
    return read_problem(make, read_space(space), inputs, targets, held_out, fit), numbers


def _read_seeds(seeds: Any) -> tuple[int, ...]:
    try:
        return tuple(range(int(COUNT.read(seeds))))
    except ValueError:
        if not isinstance(seeds, list | tuple | range):
            raise DataError(f"seeds: {shown(seeds)}; must be {COUNT.takes}, or a list of whole numbers") from None
    numbers = tuple(whole_number(each, f"seeds[{i}]", 0) for i, each in enumerate(read_names(seeds, "seeds")))
    if not numbers or len(set(numbers)) < len(numbers):
        raise DataError(f"seeds: {shown(seeds)}; {'one of them is there twice' if numbers else 'there are none'}")
    return numbers


def _read_sampler(sampler: Any, space: Space, trials: Any, seed: int) -> tuple[list[dict[str, Any]] | None, int]:
    """Return the points of all trials, None if they depend on results, and the number of trials."""
    if sampler not in SAMPLERS:
        hint = did_you_mean(sampler, SAMPLERS) if isinstance(sampler, str) else ""
        raise DataError(f"sampler: {shown(sampler)}; must be one of {', '.join(map(repr, SAMPLERS))}{hint}")
    n_trials = int(read_setting("trials", trials, Whole(1)))
    if sampler == "grid":
        points = grid_of(space)
        return points, len(points)
    return (None if sampler == "tpe" else [random_point(space, seed, k) for k in range(n_trials)]), n_trials


def _read_pruner(prune: Any) -> BasePruner:
    from optuna.pruners import BasePruner, MedianPruner, NopPruner

    if isinstance(prune, BasePruner):
        return prune
    if not isinstance(prune, bool):
        raise DataError(f"prune: {shown(prune)}; must be True, False or a pruner of optuna.pruners")
    return MedianPruner() if prune else NopPruner()


def _described_pruner(prune: Any) -> Any:
    return prune if isinstance(prune, bool) else type(prune).__name__


def _check_pruning(prune: Any, store: Store, workers: Workers) -> None:
    from concurrent.futures import ThreadPoolExecutor

    if prune and not store.is_shared and workers is not None and not isinstance(workers, ThreadPoolExecutor):
        raise DataError(
            "prune: workers compare their epochs through the study's storage, and memory is this process's alone; give "
            "name= or storage="
        )


def _open_study(storage: Any, name: str, store: Store) -> optuna.Study:
    import optuna

    given = {"study_name": name, "storage": storage, "sampler": optuna.samplers.RandomSampler()}
    try:
        try:
            study = optuna.load_study(**given)  # before it is made: that one that exists stays as it is
        except KeyError:
            study = optuna.create_study(**given, load_if_exists=True)
    except Exception as error:  # that of a driver, of SQLAlchemy or of Optuna
        raise DataError(f"storage: {store}: the study {name!r} cannot be opened: {error}") from error
    if study.directions != [optuna.study.StudyDirection.MINIMIZE]:
        raise DataError(f"storage: {store}: the study {name!r} does not minimize one value; give another name=")
    return study


def _most_epochs(problem: Problem) -> int:
    if (epochs := problem.space.get("epochs")) is not None:
        return max(epochs.values) if isinstance(epochs, Choices) else int(epochs.high)
    return problem.settings({}, 0).epochs


def _check_scores(study: optuna.Study, more_to_come: bool) -> None:
    """Raise an error if no trial has a score."""
    import optuna

    trials = study.get_trials(deepcopy=False)
    states = {each.state for each in trials}
    if more_to_come or states & {optuna.trial.TrialState.COMPLETE, optuna.trial.TrialState.PRUNED}:
        return
    reasons = first_of(reasons_of(trials), lambda each: f"{each[1]} of them: {each[0]}", "other reasons")
    raise DataError(f"no trial has a score, all failed; {'; '.join(reasons)}")
