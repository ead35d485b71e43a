"""The peers of a benchmark: the same network computed by torch and by JAX.

``graphnet bench --peers`` and ``gn.bench.time_network`` find this folder in a checkout of the source that is installed
with ``pip install -e .``; it is not part of the installed package.
"""

from .kinds import PEERS, Kind, Peers, peers_threads

__all__ = ["PEERS", "Kind", "Peers", "peers_threads"]
