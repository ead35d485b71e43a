"""How long a network takes, and what else it could have been computed with: times, rates and memory.

``time_network`` measures a network, and peers on the same numbers; ``time_rounds`` is the clock that it goes by, for
anything that can be called.
"""

from .memory import resident_growth
from .peers import PEERS
from .report import Benchmark, Measurement
from .rounds import Timed, time_rounds
from .threads import some_threads
from .timing import time_network

__all__ = [
    "PEERS",
    "Benchmark",
    "Measurement",
    "Timed",
    "resident_growth",
    "some_threads",
    "time_network",
    "time_rounds",
]
