"""Torch modules that compute something else than their class and their parameters say, which ``from_torch`` refuses."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib import import_module
from typing import Any

from ..errors import DataError

_PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "MultiheadAttention": {"out_proj": ("NonDynamicallyQuantizableLinear", "Linear")},
    "TransformerEncoderLayer": {
        "self_attn": ("MultiheadAttention",),
        **dict.fromkeys(("linear1", "linear2"), ("Linear",)),
        **dict.fromkeys(("norm1", "norm2"), ("LayerNorm",)),
        **dict.fromkeys(("dropout", "dropout1", "dropout2"), ("Identity", "Dropout")),
    },
}
"""Classes of the parts of a module, by the name of its class."""
_REMOVERS = {
    "WeightNorm": "torch.nn.utils.remove_weight_norm(module)",
    "SpectralNorm": "torch.nn.utils.remove_spectral_norm(module)",
}


def refuse_altered(modules: Sequence[tuple[str, Any]]) -> None:
    """Raise a DataError that lists what alters each of the named modules, and what to do about it."""
    problems = list(_global_hooks())
    for name, module in modules:
        problems += _alterations(name, module)
    if len(problems) == 1:
        raise DataError(problems[0])
    if problems:
        raise DataError("\n  - ".join([f"{len(problems)} modules compute something else than is drawn:", *problems]))


def _global_hooks() -> Iterator[str]:
    module = import_module("torch.nn.modules.module")
    if module._global_forward_hooks or module._global_forward_pre_hooks:
        yield "all modules have a forward hook (register_module_forward_hook), which is not drawn: remove it"


def _alterations(name: str, module: Any) -> Iterator[str]:
    """Yield what alters a module or one of its parts; the parts of a Sequential are modules of their own."""
    found = list(_own_alterations(name, module))
    if found or type(module).__name__ == "Sequential":
        yield from found
        return
    yield from _unreadable(name, module)
    for part, kinds in _PARTS.get(type(module).__name__, {}).items():
        child = getattr(module, part)
        nn = import_module("torch.nn.modules")
        if type(child) not in [getattr(nn, kind, None) or getattr(nn.linear, kind) for kind in kinds]:
            # one with parametrizations has a class of its own
            altered = list(_own_alterations(f"{name}.{part}", child))
            yield from altered or [f"{name}.{part} is a {type(child).__name__}, and a {kinds[-1]} is drawn"]
        else:
            yield from _alterations(f"{name}.{part}", child)


def _own_alterations(name: str, module: Any) -> Iterator[str]:
    utils = import_module("torch.nn.utils")
    if utils.parametrize.is_parametrized(module):
        for which in module.parametrizations:
            yield (
                f"{name}: its {which} is parametrized, which is not drawn: "
                f"torch.nn.utils.parametrize.remove_parametrizations(module, {which!r}) makes numbers of it"
            )
        return
    for hook in module._forward_pre_hooks.values():
        if isinstance(hook, import_module("torch.nn.utils.prune").BasePruningMethod):
            which = hook._tensor_name
            yield f"{name}: its {which} is pruned: torch.nn.utils.prune.remove(module, {which!r}) makes numbers of it"
        elif type(hook).__module__.startswith("torch.nn.utils.") and type(hook).__name__ in _REMOVERS:
            what, remover = type(hook).__name__, _REMOVERS[type(hook).__name__]
            yield f"{name}: {what} computes its weight before each call: {remover} makes numbers of it"
        else:
            yield f"{name}: it has a forward pre-hook, which is not drawn: remove it (handle.remove())"
    if module._forward_hooks:
        yield f"{name}: it has a forward hook, which is not drawn: remove it (handle.remove())"
    if "forward" in vars(module):
        yield f"{name}: its forward was replaced, and that of its class is drawn: del module.forward"


def _unreadable(name: str, module: Any) -> Iterator[str]:
    """Yield those of its own parameters that are no real numbers."""
    for which, parameter in module.named_parameters(recurse=False):
        if parameter.is_meta:
            yield f"{name}: its {which} is on the meta device and has no numbers: to_empty(device='cpu') and load them"
        elif parameter.is_complex():
            yield f"{name}: its {which} is complex, and numbers of a drawing are real"
        elif parameter.is_quantized or str(parameter.layout) != "torch.strided":
            method = "dequantize()" if parameter.is_quantized else "to_dense()"
            yield f"{name}: its {which} is quantized or sparse: .{method} makes numbers of it"
