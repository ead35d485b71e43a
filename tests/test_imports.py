"""Imports go one way, the front door is light, and the command line uses public names only."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path

import pytest

import graphnet

ROOT = Path(graphnet.__file__).parent
COMMAND_LINE = ROOT.parent / "cli"

PLACES = [
    "_version",
    "errors",
    "registry",
    "settings",
    "schema",
    "table",
    "activations",
    "compiler.delays",
    "compiler.ties",
    "cycles",
    "validation",
    "program",
    "compiler",
    "batch",
    "losses",
    "blas",
    "execute",
    "results",
    "parameter_table",
    "summary",
    "engine",
    "network",
    "simulate",
    "graphs",
    "io",
    "train",
    "analysis",
    "bench",
    "testing",
]
"""A module imports from its own place and from those before it; a package without a dot holds all its modules."""

PUBLIC = [
    "GraphTable",
    "GraphError",
    "DataError",
    "Network",
    "Run",
    "State",
    "Simulator",
    "compile",
    "validate",
    "fit",
    "feedback",
    "save",
    "load",
    "read_graph",
    "write_graph",
    "graphs",
    "activations",
    "losses",
    "optimizers",
    "testing",
]
DRAWINGS = ["feedforward", "direct", "lateral", "indirect", "complete", "elman", "jordan", "lstm", "gru", "from_matrix"]


def modules(folder: Path) -> dict[str, ast.Module]:
    """{name below the folder: its syntax tree}, a package by its own name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text())
    return found


MODULES = modules(ROOT)


def place_of(module: str) -> int:
    """The place of a module, by the longest name in the list that it is or is inside of."""
    inside = [name for name in PLACES if module == name or module.startswith(name + ".")]
    assert inside, f"graphnet.{module} has no place in the list"
    return PLACES.index(max(inside, key=len))


def statements(body: list[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that run, or are read by a type checker, when a module is imported; not those inside functions."""
    for statement in body:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            yield statement
        elif not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            for field in ("body", "orelse", "finalbody"):
                yield from statements(getattr(statement, field, []))
            for handler in getattr(statement, "handlers", []):
                yield from statements(handler.body)


def imported(module: str, tree: ast.Module) -> Iterator[str]:
    """The modules of graphnet that a module imports, by their names below it."""
    is_package = (ROOT / Path(*module.split(".")) / "__init__.py").exists()
    for statement in statements(tree.body):
        if isinstance(statement, ast.Import):
            yield from (a.name.removeprefix("graphnet.") for a in statement.names if a.name.startswith("graphnet."))
            continue
        if statement.level:
            parents = module.split(".") if is_package else module.split(".")[:-1]
            base = parents[: len(parents) - statement.level + 1]
        elif (statement.module or "").split(".")[0] == "graphnet":
            base = []
        else:
            continue
        written = (statement.module or "").split(".") if statement.module else []
        base = base + (written if statement.level else written[1:])
        for alias in statement.names:
            whole = ".".join([*base, alias.name])
            yield whole if whole in MODULES else ".".join(base)


def test_every_module_has_a_place() -> None:
    for module in MODULES:
        if module:
            place_of(module)


@pytest.mark.parametrize("module", list(filter(None, MODULES)))
def test_imports_go_one_way(module: str) -> None:
    for other in imported(module, MODULES[module]):
        assert other, f"graphnet.{module} imports from the package itself"
        assert place_of(other) <= place_of(module), f"graphnet.{module} imports graphnet.{other}, which comes after it"


def test_the_check_would_see_a_wrong_import() -> None:
    tree = ast.parse("if True:\n    from ..network import compile\nfrom .. import engine\nimport graphnet.train\n")
    assert list(imported("compiler.delays", tree)) == ["network", "engine", "train"]
    assert list(imported("table", ast.parse("from .network import compile\ndef f():\n    import graphnet.io"))) == [
        "network"
    ]
    assert place_of("network") > place_of("table") > place_of("errors")


def test_inside_a_place_no_module_imports_in_a_circle() -> None:
    for module, tree in MODULES.items():
        if not module:
            continue
        seen, waiting = set(), list(imported(module, tree))
        while waiting:
            other = waiting.pop()
            # a package imports its modules, and they do not import it
            assert other != module, f"graphnet.{module} imports itself through others"
            if other not in seen and other in MODULES:
                seen.add(other)
                waiting.extend(imported(other, MODULES[other]))


def test_the_library_never_imports_its_tests() -> None:
    for module, tree in MODULES.items():
        if module and not module.startswith("testing"):
            everywhere = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
            names = [
                *(alias.name for node in everywhere for alias in node.names),
                *(node.module or "" for node in everywhere if isinstance(node, ast.ImportFrom)),
            ]
            assert not any("testing" in name.split(".") or "hypothesis" in name for name in names), module


def run(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout


def test_importing_graphnet_takes_no_heavy_module() -> None:
    heavy = {"numpy", "scipy", "networkx", "hypothesis", "numba", "click", "rich", "threadpoolctl", "safetensors"}
    loaded = set(run("import sys, graphnet; print(*sys.modules)").split())
    assert "graphnet" in loaded
    assert not loaded & heavy
    assert not [name for name in loaded if name.startswith("graphnet.") and name != "graphnet._version"]


def test_running_a_network_takes_no_more_than_it_needs() -> None:
    loaded = set(
        run(
            "import sys, graphnet as gn; net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0);"
            "net.value_and_grad([[[1.0]]], [[[0.0]]]); print(*sys.modules)"
        ).split()
    )
    assert not loaded & {"hypothesis", "click", "rich", "safetensors", "matplotlib", "torch", "pandas"}


def test_a_compiler_of_kernels_is_imported_by_who_runs_a_network() -> None:
    code = "import sys, graphnet as gn; net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0); net.summary();"
    assert "numba" not in run(code + "print(*sys.modules)").split()
    assert "numba" in run(code + "net.run([[[1.0]]]); print(*sys.modules)").split()


def test_the_public_names() -> None:
    assert set(PUBLIC) <= set(graphnet.__all__)
    for name in graphnet.__all__:
        assert getattr(graphnet, name) is not None
        assert name in dir(graphnet)
    with pytest.raises(AttributeError, match="nonsense"):
        graphnet.nonsense  # noqa: B018


@pytest.mark.parametrize("name", DRAWINGS)
def test_the_public_drawings(name: str) -> None:
    assert callable(getattr(graphnet.graphs, name))
    assert name in graphnet.graphs.__all__


def test_a_name_is_the_same_each_time() -> None:
    assert graphnet.compile is graphnet.compile
    from graphnet.network import compile

    assert graphnet.compile is compile


def test_a_star_import_brings_the_public_names() -> None:
    assert set(PUBLIC) <= set(run("from graphnet import *; print(*dir())").split())


COMMANDS = modules(COMMAND_LINE) if COMMAND_LINE.exists() else {}


@pytest.mark.parametrize("module", COMMANDS)
def test_the_command_line_uses_public_names_only(module: str) -> None:
    """``from graphnet import name`` or ``import graphnet as gn`` and ``gn.name``; nothing from inside."""
    allowed = {*graphnet.__all__, "__version__"}
    nicknames = set()
    for node in ast.walk(COMMANDS[module]):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "graphnet" and not node.level:
            assert node.module == "graphnet", f"cli/{module} imports from {node.module}"
            assert {alias.name for alias in node.names} <= allowed
        elif isinstance(node, ast.Import):
            for alias in node.names:
                assert not alias.name.startswith("graphnet."), f"cli/{module} imports {alias.name}"
                if alias.name == "graphnet":
                    nicknames.add(alias.asname or alias.name)
    for node in ast.walk(COMMANDS[module]):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in nicknames:
            assert node.attr in allowed, f"cli/{module} uses {node.value.id}.{node.attr}"


def test_every_package_is_installed() -> None:
    """An editable installation finds them all, and hides that one is not listed."""
    settings = ConfigParser()
    settings.read(ROOT.parent / "setup.cfg")
    listed = settings["options"]["packages"].split()
    there = [path.parent.relative_to(ROOT.parent) for path in ROOT.rglob("__init__.py")]
    assert sorted(listed) == sorted([".".join(path.parts) for path in there] + ["graphnet_cli"])
