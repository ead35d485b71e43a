"""Arguments of compiled kernels: flat arrays in named tuples, of the program or of one tile of samples.

Samples are divided into *tiles* of as many as a vector has lanes.  In a tile, values and gradients are (step, row,
lane): a row at a step is one vector, and a step is contiguous.  A lane whose sequence has ended, or that has no sample,
holds 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

NONE = -(2**62)
"""Delay of the factor of links without a factor."""
BUNDLE = 6
"""Number of rows that read the same and are summed together: with two registers each they fill those of a processor."""


class Links(NamedTuple):
    """Rows that each row reads: ``first`` (n_rows + 1,) of the runs of a row, ``start`` (n_runs + 1,) of their members.

    A member reads the row ``other``, ``delay`` steps back (or, in the backward pass, ahead), times its weight; in a run
    whose ``factor_delay`` is not ``NONE`` also times the row ``factor``, so many steps back from the target's step.
    ``counts`` (n_runs,) says whether the gradients of the weights are computed here: a gated synapse is read twice.
    """

    first: Any
    start: Any
    delay: Any
    factor_delay: Any
    counts: Any
    other: Any
    factor: Any


class Bundles(NamedTuple):
    """Rows that read the same others at the same delay, in bundles of ``BUNDLE``, of which the last may have fewer.

    ``first`` (n_owners + 1,) of the bundles of each segment, or stage; for each bundle ``row`` (BUNDLE n_bundles,),
    ``count`` of rows without repeats, ``delay``, ``start`` and ``size`` of its others in the pool ``other``, and
    ``weight``, the position of its weights: those of the first other, then those of the second, ...
    """

    first: Any
    row: Any
    count: Any
    delay: Any
    start: Any
    size: Any
    weight: Any
    other: Any


class Products(NamedTuple):
    """Dense blocks, whose gradients are matrix products: ``targets`` and ``sources`` (n_blocks, 2), ranges of the pool
    ``row``, the ``delay``, and ``out``, the position of the gradient, target after target.
    """

    targets: Any
    sources: Any
    delay: Any
    out: Any
    row: Any


class Neurons(NamedTuple):
    """Properties of neurons by row, stage or segment; the neurons of a segment are alike.

    ``stage_segment`` (n_stages + 1,) is the first segment of each stage, ``segment_row`` (n_segments + 1,) the first
    row of each segment; ``code``, ``group`` (0: none), ``leaky``, ``learns_leak``, ``has_tau``, ``has_onset``
    (n_segments,) its kind; ``begun`` says that bundles begin its sums; ``kept`` (n_rows,) is the position of z or s, if
    kept, or -1; ``end`` (n_rows,) the end of the past of a row in a history, and ``depth`` its length; ``onset``
    (n_rows,); ``output`` (n_rows,) the number of an output, or -1; ``past_row`` and ``past_lag`` (n_history,) the row
    at a position of a history, and the number of steps before its end.
    """

    stage_segment: Any
    segment_row: Any
    code: Any
    group: Any
    leaky: Any
    learns_leak: Any
    has_tau: Any
    has_onset: Any
    begun: Any
    kept: Any
    end: Any
    depth: Any
    onset: Any
    output: Any
    past_row: Any
    past_lag: Any
    past_has_tau: Any


class NeuronNumbers(NamedTuple):
    """Numbers of neurons, (n_rows,): ``rate`` is dt/tau."""

    bias: Any
    rate: Any
    leak: Any
    initial: Any


class Weights(NamedTuple):
    """Weights of synapses, in the order of the members of links and bundles."""

    links: Any
    early: Any
    late: Any
    ahead: Any
    bundles_ahead: Any
    push: Any


class Trace(NamedTuple):
    """A tile's forward pass: ``values`` (n_steps, stride), ``kept`` (n_steps, kept_stride), ``history`` and ``states``
    (n_history, width), all flat: ``states`` is the history with s of continuous-time neurons in place of their outputs.

    ``n_steps`` of the longest sequence in it, ``live`` (n_steps,) numbers of lanes still running, ``behind`` (width,)
    steps of each before this pass, ``lengths`` (width,).
    """

    values: Any
    kept: Any
    history: Any
    states: Any
    stride: int
    kept_stride: int
    n_steps: int
    live: Any
    behind: Any
    lengths: Any


class Adjoint(NamedTuple):
    """A tile's backward pass: ``gradient`` (n_steps, stride) of y, then of z; ``outputs`` (n_steps, n_outputs, width)
    of the outputs; ``history``, ``states`` and ``final`` (n_history, width) of the past at the start and at the end;
    ``carried`` (n_rows, width) from the next step; ``functions`` (n_rows, width) is room for f(z) if leaks are learnt.

    Kernels add to ``links``, ``push`` and ``products`` of synapses, and to ``bias``, ``initial``, ``rate`` and ``leak``
    (n_rows,).
    ``seeded`` says that ``gradient`` holds already those of the loss and of the final state.
    """

    gradient: Any
    outputs: Any
    output_stride: int
    history: Any
    states: Any
    final: Any
    carried: Any
    functions: Any
    links: Any
    push: Any
    products: Any
    bias: Any
    initial: Any
    rate: Any
    leak: Any
    seeded: bool


class Work(NamedTuple):
    """Work of one call of the backward kernel.

    Stages (none if threads have shared their rows) and dense blocks, half-open ranges, at all steps before
    ``last_step``; then the history of the rows of the segments, if the first step ``begins`` the sequence; and the
    inputs, if all that reads them is done (``enters``), with their gradient if that is ``wanted``.
    """

    first_stage: int
    last_stage: int
    first_segment: int
    last_segment: int
    first_block: int
    last_block: int
    last_step: int
    begins: bool
    enters: bool
    wanted: bool
