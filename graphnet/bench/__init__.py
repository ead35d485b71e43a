"""Benchmarks of networks: times, rates and memory, and the same for other libraries.

``time_network`` measures a network, and peers on the same numbers.  ``time_rounds``, the clock that it uses, measures
any functions.
"""

from .memory import resident_growth
from .peers import peer_names
from .report import Benchmark, Measurement
from .rounds import Timed, time_rounds
from .threads import some_threads
from .timing import time_network

__all__ = [
    "Benchmark",
    "Measurement",
    "Timed",
    "peer_names",
    "resident_growth",
    "some_threads",
    "time_network",
    "time_rounds",
]
