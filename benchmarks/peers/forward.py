"""The forward pass of a network as matrices, in the operations of the library that a peer is made with.

Values are (n_rows, n_steps, n_samples) of a stage.  What libraries do alike is written with the names that they share
with NumPy; ``Operations`` is the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from .parts import Level, Part, Parts, Segment, Stage

FORMS = ("dense", "sparse", "edges")
"""A dense matrix with zeros; the library's own sparse matrix; a list of entries that are gathered and summed."""


class Operations(Protocol):
    """The operations that libraries call differently."""

    numpy: Any
    """The module whose ``concatenate``, ``broadcast_to`` and ``zeros`` are NumPy's."""

    def activate(self, name: str, z: Any) -> Any:
        """Return an activation of the language, at ``z``."""
        ...

    def take(self, values: Any, index: Any) -> Any:
        """Return the rows of ``values`` at an index."""
        ...

    def sum_into(self, n_rows: int, index: Any, values: Any) -> Any:
        """Return zeros of ``n_rows`` rows, to which each of ``values`` is added at its index; indices are sorted."""
        ...

    def split(self, values: Any, sizes: list[int]) -> Sequence[Any]:
        """Return the pieces of a vector."""
        ...

    def dense(self, values: Any, rows: Any, columns: Any, shape: tuple[int, int]) -> Any:
        """Return the dense matrix with these values at these places, and zeros elsewhere."""
        ...

    def sparse(self, values: Any, rows: Any, columns: Any, pointers: Any, shape: tuple[int, int]) -> Any:
        """Return the same as the library's own sparse matrix."""
        ...

    def scan(self, advance: Callable[[Any, Any], Any], z: Any, initial: Any, depth: int) -> Any:
        """Return the values of all steps, (n_rows, n_steps, n_samples).

        ``advance(z, past)`` returns the values of one step, where ``past(delay)`` are those of ``delay`` steps before.
        ``initial`` (n_rows, n_samples) are the values before the start, ``depth`` is the longest delay.
        """
        ...


class Forward:
    """A function that returns the outputs of a network, computed with one form of its matrices."""

    def __init__(self, parts: Parts, form: str, operations: Operations) -> None:
        assert form in FORMS
        self.parts, self.form, self.ops = parts, form, operations

    def __call__(self, numbers: Any, arrays: Sequence[Any], inputs: Any) -> Any:
        """Return the outputs, (n_outputs, n_steps, n_samples).

        ``numbers`` (n_parameters,) are the parameters, ``arrays`` those of the parts, inputs are (n_inputs, n_steps,
        n_samples).
        """
        xp, parts = self.ops.numpy, self.parts
        every = xp.concatenate([numbers, arrays[parts.fixed], xp.zeros(1, dtype=numbers.dtype)])
        matrices = self._matrices(every, arrays)
        bias, initial = (self.ops.take(every, arrays[slots]) for slots in (parts.bias, parts.initial))
        values, starts = [inputs], [initial[: len(inputs)]]
        for stage in parts.stages:
            z = xp.broadcast_to(bias[stage.rows][:, None, None], (len(bias[stage.rows]), *inputs.shape[1:]))
            for part in stage.early:
                read = self._delayed(values[part.source], starts[part.source], part.delay)
                z = z + self._multiply(part, matrices, arrays, read.reshape(len(read), -1)).reshape(z.shape)
            starts.append(initial[stage.rows])
            values.append(self._compute(stage, matrices, arrays, z, starts[-1]))
        outputs = [
            values[stage] if rows is None else self.ops.take(values[stage], arrays[rows])
            for stage, rows in parts.outputs
        ]
        found = outputs[0] if len(outputs) == 1 else xp.concatenate(outputs)
        return found if parts.order is None else self.ops.take(found, arrays[parts.order])

    def _matrices(self, every: Any, arrays: Sequence[Any]) -> list[Any]:
        """Return the matrix of each part, or the values of its entries where these are a list."""
        parts = self.parts
        entries = self.ops.take(every, arrays[parts.slots])
        if parts.scales is not None:
            entries = entries * arrays[parts.scales]
        if parts.places is not None:
            entries = self.ops.sum_into(sum(parts.sizes), arrays[parts.places], entries)
        pieces = self.ops.split(entries, parts.sizes)
        made: list[Any] = [None] * len(pieces)
        for part in parts.every_part:
            values, rows, columns = pieces[part.number], arrays[part.rows], arrays[part.columns]
            if part.is_full:
                made[part.number] = values.reshape(part.shape)
            elif self.form == "dense":
                made[part.number] = self.ops.dense(values, rows, columns, part.shape)
            elif self.form == "sparse":
                made[part.number] = self.ops.sparse(values, rows, columns, arrays[part.pointers], part.shape)
            else:
                made[part.number] = values
        return made

    def _multiply(self, part: Part, matrices: list[Any], arrays: Sequence[Any], x: Any) -> Any:
        matrix = matrices[part.number]
        if part.is_full or self.form != "edges":
            return matrix @ x
        products = matrix[:, None] * self.ops.take(x, arrays[part.columns])
        return self.ops.sum_into(part.shape[0], arrays[part.rows], products)

    def _delayed(self, values: Any, start: Any, delay: int) -> Any:
        """Return, at every step, the values ``delay`` steps before."""
        if not delay:
            return values
        n_rows, n_steps, n_samples = values.shape
        before = self.ops.numpy.broadcast_to(start[:, None, None], (n_rows, min(delay, n_steps), n_samples))
        return self.ops.numpy.concatenate([before, values[:, : max(0, n_steps - delay)]], 1)

    def _compute(self, stage: Stage, matrices: list[Any], arrays: Sequence[Any], z: Any, start: Any) -> Any:
        """Return the values of a stage, where ``z`` is the sum of what other stages contribute."""
        if not stage.scanned:
            return self._activate(stage.levels[0].segments, arrays, z, None)

        def advance(z: Any, past: Callable[[int], Any]) -> Any:
            for part in stage.past:
                z = z + self._multiply(part, matrices, arrays, past(part.delay))
            return self._compute_levels(stage.levels, matrices, arrays, z, past)

        initial = self.ops.numpy.broadcast_to(start[:, None], (len(start), z.shape[2]))
        return self.ops.scan(advance, z, initial, stage.depth)

    def _compute_levels(
        self, levels: list[Level], matrices: list[Any], arrays: Sequence[Any], z: Any, past: Callable[[int], Any]
    ) -> Any:
        done: Any = None
        for level in levels:
            inner = z if len(levels) == 1 else z[level.rows]
            for part in level.now:
                inner = inner + self._multiply(part, matrices, arrays, done)
            before = past(1)[level.rows] if any(segment.leak is not None for segment in level.segments) else None
            y = self._activate(level.segments, arrays, inner, before)
            done = y if done is None else self.ops.numpy.concatenate([done, y])
        return done

    def _activate(self, segments: list[Segment], arrays: Sequence[Any], z: Any, before: Any) -> Any:
        found = []
        for rows, activation, leak in segments:
            y = self.ops.activate(activation, z if len(segments) == 1 else z[rows])
            if leak is not None:
                y = (1 - arrays[leak]) * before[rows] + arrays[leak] * y
            found.append(y)
        return found[0] if len(found) == 1 else self.ops.numpy.concatenate(found)
