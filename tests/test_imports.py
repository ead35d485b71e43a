"""Imports go one way, importing graphnet is cheap, and the command line uses public names only."""

from __future__ import annotations

import ast
import subprocess
import sys
from configparser import ConfigParser
from pathlib import Path

import pytest

import graphnet
from graphnet.language.hooks import HOOKS, hook

ROOT = Path(graphnet.__file__).parent
COMMAND_LINE = ROOT.parent / "cli"

ROOMS = [
    "_version",
    "errors",
    "language",
    "frames",
    "compiler",
    "losses",
    "metrics",
    "execute",
    "network",
    "graphs",
    "torch",
    "io",
    "train",
    "analysis",
    "layout",
    "plots",
    "notebook",
    "page",
    "estimators",
    "search",
    "testing",
    "bench",
]
"""Rooms from the ground up: a module imports from its own room and from those before it, inside functions too."""

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
    """Return {module, named from the folder on: its syntax tree}; a package has its own name."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        parts = path.relative_to(folder).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name] = ast.parse(path.read_text())
    return found


MODULES = modules(ROOT)


def room_of(module: str) -> int:
    """Return the position of a module's room."""
    room = module.split(".")[0]
    assert room in ROOMS, f"graphnet.{module} is in no room of the list"
    return ROOMS.index(room)


def imported(module: str, tree: ast.Module) -> set[str]:
    """Return the modules of graphnet that a module imports anywhere, named from graphnet on."""
    is_package = (ROOT / Path(*module.split(".")) / "__init__.py").exists()
    found = set()
    for statement in ast.walk(tree):
        if isinstance(statement, ast.Import):
            found |= {a.name.removeprefix("graphnet.") for a in statement.names if a.name.startswith("graphnet.")}
            continue
        if not isinstance(statement, ast.ImportFrom):
            continue
        written = statement.module.split(".") if statement.module else []
        if statement.level:
            parents = module.split(".") if is_package else module.split(".")[:-1]
            base = [*parents[: len(parents) - statement.level + 1], *written]
        elif written[:1] == ["graphnet"]:
            base = written[1:]
        else:
            continue
        for alias in statement.names:
            whole = ".".join([*base, alias.name])
            found.add(whole if whole in MODULES else ".".join(base))
    return found


def without_lazy_names(tree: ast.Module) -> ast.Module:
    """Return a package without its imports for the type checker of names that it forwards lazily."""
    is_lazy = any(isinstance(part, ast.FunctionDef) and part.name == "__getattr__" for part in tree.body)
    return ast.Module([part for part in tree.body if not (is_lazy and isinstance(part, ast.If))], [])


def test_every_module_has_a_room() -> None:
    for module in MODULES:
        if module:
            room_of(module)


def test_few_modules_are_outside_a_package() -> None:
    loose = {module for module in MODULES if (ROOT / f"{module}.py").exists()}
    assert loose == {"_version", "errors", "metrics"}


@pytest.mark.parametrize("module", list(filter(None, MODULES)))
def test_imports_go_one_way(module: str) -> None:
    for other in imported(module, without_lazy_names(MODULES[module])):
        assert other, f"graphnet.{module} imports from the package itself"
        assert room_of(other) <= room_of(module), f"graphnet.{module} imports graphnet.{other}, which is above it"


def test_the_check_sees_a_wrong_import() -> None:
    tree = ast.parse("if True:\n    from ..network import network\ndef f():\n    import graphnet.train\n")
    assert imported("compiler.lower", tree) == {"network.network", "train"}
    assert room_of("network") > room_of("language.table") > room_of("errors")
    lazy = ast.parse("if TYPE_CHECKING:\n    from ..io import load\ndef __getattr__(name): ...\n")
    assert not imported("graphs", without_lazy_names(lazy))


def circle_through(module: str, imports: dict[str, set[str]]) -> bool:
    """True if a module imports itself through others."""
    seen: set[str] = set()
    waiting = list(imports[module])
    while waiting:
        other = waiting.pop()
        if other == module:
            return True
        if other not in seen:
            seen.add(other)
            waiting.extend(imports.get(other, ()))
    return False


def test_no_module_imports_itself_through_others() -> None:
    imports = {module: imported(module, without_lazy_names(tree)) for module, tree in MODULES.items() if module}
    assert [module for module in imports if circle_through(module, imports)] == []
    assert circle_through("a", {"a": {"b"}, "b": {"c"}, "c": {"a"}})
    assert not circle_through("a", {"a": {"b"}, "b": {"c"}, "c": {"b"}})


def test_what_reaches_up_is_in_the_table_of_hooks() -> None:
    """Modules by name are imported by the packages that forward names, by the table, and otherwise from elsewhere."""
    for name, (module, function) in HOOKS.items():
        assert module in {f"graphnet.{each}" for each in MODULES}, name
        assert callable(hook(name))
        assert hook(name).__name__ == function
    forwards = {"", "graphs", "language.hooks", "plots"}
    for module, tree in MODULES.items():
        calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
        named = [node for node in calls if ast.unparse(node.func).endswith("import_module")]
        for call in named if module not in forwards else []:
            assert isinstance(call.args[0], ast.Constant), f"graphnet.{module} imports a module by a computed name"
            assert not call.args[0].value.startswith(("graphnet", ".")), f"graphnet.{module} reaches around the rooms"


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
    heavy |= {"pandas", "pyarrow", "defusedxml"}
    loaded = set(run("import sys, graphnet; print(*sys.modules)").split())
    assert "graphnet" in loaded
    assert not loaded & heavy
    assert not [name for name in loaded if name.startswith("graphnet.") and name != "graphnet._version"]


@pytest.mark.costly
def test_running_a_network_takes_no_more_than_it_needs() -> None:
    loaded = set(
        run(
            "import sys, graphnet as gn; net = gn.compile(gn.graphs.elman(1, 2, 1), seed=0);"
            "net.value_and_grad([[[1.0]]], [[[0.0]]]); print(*sys.modules)"
        ).split()
    )
    assert not loaded & {"hypothesis", "click", "rich", "safetensors", "matplotlib", "torch", "pandas"}


@pytest.mark.costly
def test_the_compiler_of_kernels_is_imported_by_the_first_run() -> None:
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
    from graphnet.network.network import compile

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
    """A package that is not listed is missing from a wheel, but not from an editable installation."""
    settings = ConfigParser()
    settings.read(ROOT.parent / "setup.cfg")
    listed = settings["options"]["packages"].split()
    found = [
        ".".join([name, *path.parent.relative_to(folder).parts])
        for name, folder in (("graphnet", ROOT), ("graphnet_cli", COMMAND_LINE))
        for path in folder.rglob("__init__.py")
    ]
    assert sorted(listed) == sorted(found)
