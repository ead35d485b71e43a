"""Networks from the files that the command line names: drawings, run folders and saved networks."""

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
    """Compile the drawing in a file; errors name the file, and ``options`` are those of ``compile``.

    With ``standardize``, inputs are standardised by the mean and deviation of these data, and outputs too if the
    ``loss`` is the mean squared error.
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
    """Return the network of a run folder, a saved network or a drawing.

    With ``options`` of ``compile``, a trained network is compiled again with its learnt parameters; those that are None
    are its own.
    """
    import graphnet as gn
    from graphnet import io

    told = {name: value for name, value in options.items() if value is not None}
    known = io.compile_settings(path)
    if known is None or told:
        return compile_drawing(path, **{"seed": seed, **(known or {}), **told})
    return gn.open_run(path).network() if Path(path).is_dir() else gn.load(path)


def count(graph: Any) -> tuple[int, int]:
    """Return the numbers of nodes and of synapses of a drawing."""
    import graphnet as gn

    if isinstance(graph, gn.GraphTable):
        return graph.n_nodes, graph.n_edges
    return graph.number_of_nodes(), graph.number_of_edges()


@contextmanager
def problems_of(*files: str) -> Iterator[None]:
    """Add the names of the files to errors about graphs, data and training."""
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
