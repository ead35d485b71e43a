"""``fit`` and ``resume``: what a user calls to train a network, and to go on with a fit that was interrupted."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, Literal

import numpy as np

from ..errors import DataError
from ..language.checks import reject
from ..losses import Loss, LossFunction
from ..network.network import Network
from .data import Sequences, check_sequences, fingerprint, split_validation
from .history import History
from .loop import Training, start_state
from .progress import check_watchers
from .rules.optimizers import LBFGS, Optimizer
from .rules.schedules import Schedule, StatefulSchedule
from .runs.folder import FORMAT, RunFolder, create_run, versions
from .settings import Setup, changed, resolve_setup
from .trainable import Trainable

_SPLIT = 0
"""What keeps the draw of the held-out samples apart from others from the same seed."""


def fit(
    net: Trainable,
    inputs: Any,
    targets: Any,
    *,
    loss: str | Loss | LossFunction | Mapping[str, Any] = "mse",
    optimizer: str | Optimizer | LBFGS | Mapping[str, Any] = "adam",
    learning_rate: float | None = None,
    schedule: str | Schedule | StatefulSchedule | Mapping[str, Any] = "constant",
    epochs: int = 10,
    batch_size: int = 32,
    lengths: Any = None,
    weights: Any = None,
    validation: float | tuple[Any, ...] | None = None,
    patience: int | None = None,
    clip_norm: float | None = None,
    clip_value: float | None = None,
    truncation: int | None = None,
    stateful: bool = False,
    bucket: bool = False,
    noise: float = 0.0,
    dropout: float = 0.0,
    neuron_dropout: float = 0.0,
    checkpoint_memory: int | Literal["auto"] | None = None,
    seed: int | None = None,
    progress: bool | None = None,
    callback: Callable[[dict[str, Any]], object] | None = None,
    run: str | os.PathLike[str] | None = None,
    checkpoint_every: int | None = None,
    time_limit: float | None = None,
    about: Mapping[str, Any] | None = None,
) -> History:
    """Train ``net`` in place by gradient descent on mini-batches, drawn anew every epoch.

    Each update takes the exact gradient of the loss of one batch, clips it, lets the optimizer step and clips what it
    returns to ``net.bounds``.  A batch is cut to the longest of its sequences.  The same seed gives the same bits.

    Parameters
    ----------
    net : Network
        Its ``parameters`` are replaced, whole, at each update and not touched before the first.
    inputs : array (n_samples, n_steps, n_inputs)
    targets : array
        What ``loss`` takes, one a step or one for each sequence's last valid step.  The loss says which; of a plain
        function, those whose second axis is n_steps are one a step.
    loss : str, loss object, function or mapping
        ``"mse"``, ``"cross_entropy"``, ``"binary_cross_entropy"``, an object or a mapping with settings such as
        ``{"name": "cross_entropy", "class_weights": [1, 5]}``, or a function of (outputs, targets, mask) that returns
        value and gradient.
    optimizer : str, optimizer or mapping
        A name of ``gn.optimizers.OPTIMIZERS``, or an object such as ``gn.optimizers.Adam(beta2=0.99)``.  ``"lbfgs"``
        takes the gradient of all samples at once and needs no learning rate; an epoch is then an iteration.
    learning_rate : float, optional
        Replaces the optimizer's own.
    schedule : str, schedule, function or mapping
        What the learning rate is multiplied with: a name or an object of ``gn.schedules``, or a function of (step,
        total_steps), where a step is a batch, counted from 0.
    epochs : int
        How often each sample is seen.
    batch_size : int
        Samples for each update; the last batch of an epoch has what is left.
    lengths : array (n_samples,), optional
        The number of valid steps of each sequence; what stands past them does not matter.
    weights : array (n_samples,) or (n_samples, n_steps), optional
        What each sample, or step, counts in the loss; 0 leaves it out.
    validation : float or tuple, optional
        The fraction of the samples to hold out, drawn from the seed (``stateful``: the last ones), or data: (inputs,
        targets), (inputs, targets, lengths) or (inputs, targets, lengths, weights), where lengths may be None.
    patience : int, optional
        Stop after this many epochs in a row without a lower validation loss (training loss, without validation).  With
        patience, stopped or not, the parameters of the best epoch are put back at the end; without, the last stay.
    clip_norm, clip_value : float, optional
        The longest that a gradient, and the largest that an entry of it, may be.
    truncation : int, optional
        Back-propagate through so many steps at most: a sequence is cut into windows, each of which is an update and
        starts from the state that the one before ended in.
    stateful : bool
        The samples are consecutive pieces of one series: they keep their order, and each starts from the state that the
        one before ended in.  With a ``batch_size`` of b, b parts of the series run side by side.
    bucket : bool
        Have batches hold sequences of similar length.
    noise : float
        Deviation of what is added to z of every neuron, drawn anew for each step and sample.
    dropout, neuron_dropout : float
        Probability with which a synapse, and a hidden neuron, is left out of an update.
    checkpoint_memory : int or "auto", optional
        How many bytes a gradient may take, as for ``Network.value_and_grad``: long sequences in little memory, for some
        more time.  It changes no number.
    seed : int, optional
        Of everything that is drawn; None is fresh entropy.
    progress : bool, optional
        Whether to draw a bar on stderr; None: where stderr is a terminal.
    callback : function, optional
        Called after each epoch with its row of the history.
    run : path, optional
        A folder to keep the fit in, new or empty: settings, metrics, checkpoints and the trained network.  SIGINT and
        SIGTERM then finish the update, save and raise KeyboardInterrupt, and `resume` goes on from there.
    checkpoint_every : int, optional
        Updates between two checkpoints; None: about every 30 s, which changes no number.
    time_limit : float, optional
        Seconds after which to stop, as if interrupted, but without an error.
    about : mapping, optional
        What to write into the run's settings beside them, as JSON takes it.

    Returns
    -------
    History
        A row for each epoch.

    Raises
    ------
    DataError
        Where data or settings do not fit; nothing was trained.
    DivergedError
        Where the loss, the gradient or an update is not finite; the last complete update stays.  An interrupt from the
        keyboard, too, leaves the last complete update.

    Warns
    -----
    GradientWarning
        Once, where gradients vanish or explode through time.

    References
    ----------
    Werbos, Backpropagation through time: what it does and how to do it, Proceedings of the IEEE 78, 1990.
    Williams and Peng, An efficient gradient-based algorithm for on-line training of recurrent network trajectories,
    Neural Computation 2, 1990: truncation.

    Examples
    --------
    >>> import graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 8, 1), seed=0)
    >>> inputs = np.random.default_rng(0).normal(size=(64, 10, 1))
    >>> history = gn.fit(net, inputs, np.cumsum(inputs, axis=1), learning_rate=0.01, epochs=5, validation=0.25, seed=0)
    >>> history.epochs[-1]["validation_loss"] < history.epochs[0]["validation_loss"]
    True
    """
    reject(check_watchers(progress, callback))
    setup = resolve_setup(
        loss=loss,
        optimizer=optimizer,
        learning_rate=learning_rate,
        schedule=schedule,
        epochs=epochs,
        batch_size=batch_size,
        validation=validation if isinstance(validation, float) else None,
        patience=patience,
        clip_norm=clip_norm,
        clip_value=clip_value,
        truncation=truncation,
        stateful=stateful,
        bucket=bucket,
        noise=noise,
        dropout=dropout,
        neuron_dropout=neuron_dropout,
        checkpoint_memory=checkpoint_memory,
        checkpoint_every=checkpoint_every,
        time_limit=time_limit,
        seed=seed,
    )
    if not len(net.parameters):
        raise DataError("the network has no parameters to train; let a weight be trainable or a bias be learnt")
    data, held_out = _split(net, setup, inputs, targets, lengths, weights, validation)
    state = start_state(net, setup)
    training = Training(net, setup, data, held_out, state, callback=callback)
    if run is None:
        return training.run(progress)
    if not isinstance(net, Network):
        raise DataError(f"run: a run folder keeps a Network, not a {type(net).__name__}")
    RunFolder.check_free(run)
    training.folder = create_run(run, net, _settings(setup, net, data, held_out, about), state)
    with training.folder.locked():
        return training.run(progress)


def resume(
    run: str | os.PathLike[str],
    inputs: Any,
    targets: Any,
    *,
    lengths: Any = None,
    weights: Any = None,
    validation: float | tuple[Any, ...] | None = None,
    progress: bool | None = None,
    callback: Callable[[dict[str, Any]], object] | None = None,
    backend: str = "auto",
    other_data: bool = False,
    about: Mapping[str, Any] | None = None,
    **changes: Any,
) -> tuple[Network, History]:
    """Go on with a fit from its last checkpoint, to the same bits as the fit that was never stopped.

    Parameters
    ----------
    run : path
        The folder that ``fit(run=...)`` or ``graphnet train`` wrote.
    inputs, targets, lengths, weights, validation
        The data of the fit, once more; a fraction to validate on is known from the settings.
    progress, callback
        As for `fit`.
    backend : str
        As for ``compile``.
    other_data : bool
        Go on although the data are not those that the fit was begun with.
    about : mapping, optional
        What to change in what `fit` was told to write beside the settings.
    **changes
        Settings of `fit` to change from here on, such as ``epochs=50``; ``optimizer={"learning_rate": 1e-4}`` changes
        a part of one.  Of an optimizer only settings can change, since another one remembers other things.

    Returns
    -------
    Network, History
        The trained network, and the history of the whole fit.

    Raises
    ------
    DataError
        Where the folder is no run, another process is at it, or data or settings do not fit.
    DivergedError
        As for `fit`.

    Examples
    --------
    >>> import tempfile, graphnet as gn
    >>> net = gn.compile(gn.graphs.elman(1, 4, 1), seed=0)
    >>> x = np.random.default_rng(0).normal(size=(8, 5, 1))
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = gn.fit(net, x, x, epochs=2, seed=0, run=f"{folder}/run")
    ...     net, history = gn.resume(f"{folder}/run", x, x, epochs=3)
    >>> len(history.epochs)
    3
    """
    reject(check_watchers(progress, callback))
    folder = RunFolder(run)
    with folder.locked():
        settings = changed(folder.settings["settings"], changes)
        if validation is None and settings.get("validation") is not None:
            validation = float(settings["validation"])
        setup = _resolve(folder, settings, validation)
        state = folder.state()
        net = folder.network(backend=backend, state=state)
        _check_optimizer(folder, setup)
        data, held_out = _split(net, setup, inputs, targets, lengths, weights, validation)
        described = _settings(setup, net, data, held_out, {**folder.settings.get("about", {}), **(about or {})})
        if not other_data and described["data"] != folder.settings.get("data"):
            raise DataError(
                f"{folder.path}: the data are not those that the run was begun with; other_data=True (--data FILE) "
                "goes on with them"
            )
        folder.write_settings(described)
        folder.write_rows(state.rows)
        net.parameters = state.parameters
        if not state.stopped_early or "patience" in changes:
            state.done, state.stopped_early = state.epoch > setup.epochs, False
        return net, Training(net, setup, data, held_out, state, folder, callback).run(progress)


def _split(
    net: Trainable, setup: Setup, inputs: Any, targets: Any, lengths: Any, weights: Any, validation: Any
) -> tuple[Sequences, Sequences | None]:
    data = check_sequences(net, setup.loss, inputs, targets, lengths, weights)
    rng = np.random.default_rng([setup.seed, _SPLIT])
    return split_validation(net, setup.loss, data, validation, rng, contiguous=setup.stateful)


def _settings(
    setup: Setup,
    net: Network,
    data: Sequences,
    held_out: Sequences | None,
    about: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """What ``settings.json`` of a run holds."""
    return {
        "format": FORMAT,
        "settings": setup.describe(),
        "network": {"dtype": net.dtype.name, "dt": net.dt, "seed": net.seed, "parameters": len(net.parameters)},
        "data": {
            "training": fingerprint(data),
            "validation": None if held_out is None else fingerprint(held_out),
        },
        "about": dict(about or {}),
        "versions": versions(),
    }


def _resolve(folder: RunFolder, settings: dict[str, Any], validation: Any) -> Setup:
    known = resolve_setup.__kwdefaults__ or {}
    unknown = [name for name in settings if name not in known]
    if unknown:
        raise DataError(f"{unknown[0]}: no setting of a fit; there are {', '.join(known)}")
    settings = settings | {"validation": validation if isinstance(validation, float) else None}
    try:
        return resolve_setup(**settings)
    except DataError as error:
        raise DataError(f"{folder.path}: {error}") from error


def _check_optimizer(folder: RunFolder, setup: Setup) -> None:
    before = folder.settings["settings"]["optimizer"]["name"]
    after = setup.describe()["optimizer"]["name"]
    if before != after:
        raise DataError(
            f"{folder.path}: the run was begun with the optimizer {before!r}, and {after!r} remembers other things; "
            f"begin another run from its network"
        )
