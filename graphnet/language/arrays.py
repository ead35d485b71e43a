"""The type of every array in graphnet, and advice on those that users have and that are none of real numbers."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

Array = npt.NDArray[Any]

_OF_KINDS = {
    "O": "; numbers of other types become floats with np.asarray(values).astype(float), None and NA do not",
    "U": "; numbers written as text become floats with np.asarray(values).astype(float)",
    "c": "; take .real, or .real and .imag as columns",
    "M": "; times become numbers with (times - times[0]) / np.timedelta64(1, 's')",
    "m": "; times become numbers with times / np.timedelta64(1, 's')",
    "V": "; fields become columns with numpy.lib.recfunctions.structured_to_unstructured",
}
_SPARSE = tuple(f"torch.sparse_{kind}" for kind in ("coo", "csr", "csc", "bsr", "bsc"))


def advice_on_dtype(array: Array, given: Any) -> str:
    """Return how to make real numbers of an array that has none, ``given`` being what it was made from."""
    if array.ndim == 0 and array.dtype.kind == "O":
        if hasattr(given, "toarray"):
            return "; a sparse matrix becomes an array with .toarray()"
        return f"; give an array or a list of numbers instead of a {type(given).__name__}"
    return _OF_KINDS.get("U" if array.dtype.kind in "ST" else array.dtype.kind, "")


def advice_on_tensors(values: Any) -> str:
    """Return how to make numbers that NumPy can read of a tensor, or of a list of them; "" for anything else."""
    while isinstance(values, list | tuple) and values:
        values = values[0]
    if not hasattr(values, "requires_grad"):
        return ""
    if values.device.type == "meta":
        return "; a tensor on the meta device has no numbers"
    methods = {
        "detach()": values.requires_grad,
        "cpu()": values.device.type != "cpu",
        "to_padded_tensor(0)": values.is_nested,
        "to_dense()": not values.is_quantized and str(values.layout) in _SPARSE,
        "dequantize()": values.is_quantized,
        # those without a dtype in NumPy
        "float()": str(values.dtype) == "torch.bfloat16" or str(values.dtype).startswith("torch.float8"),
        "resolve_conj()": values.is_conj(),
        "resolve_neg()": values.is_neg(),
    }
    calls = "".join(f".{name}" for name, needed in methods.items() if needed)
    network = "gn.graphs.to_torch(net) is the network that torch differentiates and transforms"
    return f"; give values{calls}, or: {network}" if calls else f"; {network}"
