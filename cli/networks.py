"""Networks from what the command line names: a drawing, a run, a saved network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import graphnet as gn
    from graphnet import io


def compile_drawing(
    path: str, *, seed: int, standardize: io.Data | None = None, loss: Any = None, **options: Any
) -> gn.Network:
    """The network that a drawing is; problems name its file, ``options`` are those of ``compile``.

    With data to ``standardize`` on it computes with numbers of mean 0 and deviation 1: inputs, and where the ``loss``
    is of their size, outputs.
    """
    import graphnet as gn

    graph = gn.read_graph(path)
    with problems_of(path):
        if standardize is not None:
            of_size = isinstance(gn.losses.resolve_loss(loss), gn.losses.MeanSquaredError)
            graph = gn.graphs.standardized(
                graph,
                standardize.x,
                standardize.y if of_size else None,
                lengths=standardize.lengths,
                weights=standardize.weights,
            )
        return gn.compile(graph, seed=seed, **options)


def open_network(path: str, *, seed: int, **options: Any) -> gn.Network:
    """The network of a run folder, of a saved network, or that a drawing is.

    With ``options`` of ``compile`` a trained network is compiled anew, with the numbers that it has learnt.
    """
    import graphnet as gn

    is_run = Path(path).is_dir()
    if not is_run and Path(path).suffix != ".safetensors":
        return compile_drawing(path, seed=seed, **options)
    net = gn.open_run(path).network() if is_run else gn.load(path)
    return gn.compile(net.to_table(), dt=net.dt, **options) if options else net


@contextmanager
def problems_of(*files: str) -> Iterator[None]:
    """Have errors about a graph, data or training on them name the files that they come from."""
    import graphnet as gn

    where = " on ".join(files)
    try:
        yield
    except gn.GraphError as error:
        raise gn.GraphError([f"{where}: {problem}" for problem in error.problems]) from error
    except gn.DataError as error:
        raise gn.DataError(f"{where}: {error}") from error
    except gn.DivergedError as error:
        raise error.with_message(f"{where}: {error}") from error
