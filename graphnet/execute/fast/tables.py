"""What compiled kernels read and write: flat arrays in named tuples, each of one tile of samples.

Samples go side by side in *tiles* of as many as a vector has lanes.  Inside a tile, values and their gradients are
(step, row, lane): a row at a step is one vector, and a step one contiguous stretch.  A lane whose sequence has ended,
or that no sample fills, holds 0.
"""

from __future__ import annotations

from typing import Any, NamedTuple

NONE = -(2**62)
"""The delay of a factor that there is not."""
BUNDLE = 6
"""How many rows are summed side by side where they read the same: with two registers each they fill the processor's."""


class Links(NamedTuple):
    """What each row reads: ``first`` (n_rows + 1,) of the runs of a row, ``start`` (n_runs + 1,) of their members.

    A member reads the row ``other``, ``delay`` steps back (or, in the backward pass, ahead), times its weight; in a run
    whose ``factor_delay`` is not ``NONE`` also times the row ``factor``, so many steps back from the target's step.
    ``counts`` (n_runs,) is whether the gradient of a weight is found here: a gated synapse is read twice.
    """

    first: Any
    start: Any
    delay: Any
    factor_delay: Any
    counts: Any
    other: Any
    factor: Any


class Bundles(NamedTuple):
    """Rows that read the same others at the same delay: ``BUNDLE`` of them at once, the last bundle may have fewer.

    ``first`` (n_owners + 1,) of the bundles of each segment, or stage; for each bundle ``row`` (BUNDLE n_bundles,),
    ``count`` of them that there really are, ``delay``, ``start`` and ``size`` of its others in the pool ``other``, and
    ``weight`` where its weights begin: those of the first other, then those of the second, ...
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
    """Dense blocks, whose gradient is a matrix product: for each ``targets`` and ``sources`` (n_blocks, 2), ranges of
    the pool ``row``, the ``delay``, and ``out`` where its gradient begins, target after target.
    """

    targets: Any
    sources: Any
    delay: Any
    out: Any
    row: Any


class Neurons(NamedTuple):
    """What neurons are, by row, or for ``stage`` and ``segment`` (a segment is of one kind) by number.

    ``stage_segment`` (n_stages + 1,) is where the segments of each stage begin, ``segment_row`` (n_segments + 1,) the
    rows of each; ``code``, ``group`` (0: none), ``leaky``, ``has_tau``, ``has_onset`` (n_segments,) its kind, and
    ``begun`` whether bundles have begun its sums; ``kept`` (n_rows,) the place of what is kept beside a value, or -1;
    ``end`` (n_rows,) where the past of a row ends in a history, and ``depth`` how long it is; ``onset`` (n_rows,);
    ``output`` (n_rows,) which output a row is, or -1; ``past_row`` and ``past_lag`` (n_history,) whose value stands
    at a place of a history, and how many steps before its end.
    """

    stage_segment: Any
    segment_row: Any
    code: Any
    group: Any
    leaky: Any
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
    """The numbers of rows, (n_rows,): ``rate`` is dt/tau."""

    bias: Any
    rate: Any
    leak: Any
    initial: Any


class Weights(NamedTuple):
    """The numbers of synapses, in the order of the members of links and bundles."""

    links: Any
    early: Any
    late: Any
    ahead: Any
    bundles_ahead: Any
    push: Any


class Trace(NamedTuple):
    """A tile's forward pass: ``values`` (n_steps, stride), ``kept`` (n_steps, kept_stride), ``history`` and ``states``
    (n_history, width), all flat: ``states`` is the history with s of continuous-time neurons in place of their outputs.

    ``n_steps`` of the longest sequence in it, ``live`` (n_steps,) how many lanes still run, ``behind`` (width,) how
    many steps each has behind it, ``lengths`` (width,).
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
    what the loss gives; ``history``, ``states`` and ``final`` (n_history, width) of what came before and of what came
    out; ``carried`` (n_rows, width) from the step after.

    Of numbers, and added to: ``links``, ``push`` and ``products`` of synapses, ``bias``, ``initial``, ``rate``
    (n_rows,). ``seeded`` says that the gradient of y, as far as the loss and the final state give it, is there already.
    """

    gradient: Any
    outputs: Any
    output_stride: int
    history: Any
    states: Any
    final: Any
    carried: Any
    links: Any
    push: Any
    products: Any
    bias: Any
    initial: Any
    rate: Any
    seeded: bool


class Work(NamedTuple):
    """What one call of a kernel is to do: stages (none where threads have shared their rows) and dense blocks,
    half-open ranges, at all steps before ``last_step``; then the history of the rows of these segments, where the
    first step ``begins`` the sequence; and the inputs, where all that reads them is done (``enters``), with their
    gradient where that is ``wanted``.
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
