"""Signs of synapses, as pictures show them."""

from __future__ import annotations

import numpy as np

from ..language.arrays import Array
from ..layout import Picture


def signs_of(picture: Picture) -> Array:
    """Return the sign of each synapse, (n_edges,): of its strength, else as declared; 0 where unknown.

    They are unknown everywhere if all that is known is that some are positive, as of the fixed synapses of an LSTM.
    """
    table = picture.table
    declared = np.where(table.edge_gives("sign"), table.edge("sign"), table.node("sign")[table.source])
    sign = np.where(np.isfinite(picture.strength), np.sign(picture.strength), declared)
    known = np.isfinite(picture.strength) | (declared != 0)
    return sign if known.all() or (sign < 0).any() else np.zeros(len(sign))
