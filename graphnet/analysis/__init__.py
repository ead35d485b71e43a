"""Analysis of networks: lesions, comparisons over seeds, flow of gradients, spectra and memory."""

from .comparison import Comparison, compare
from .flow import gradient_flow
from .forecasts import Baselines
from .lesion import lesions
from .memory import memory_horizon
from .spectrum import Spectrum, spectrum

__all__ = ["Baselines", "Comparison", "Spectrum", "compare", "gradient_flow", "lesions", "memory_horizon", "spectrum"]
