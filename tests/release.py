"""Build the distributions and use the wheel as somebody does who has nothing else: ``make release-test``.

``python -m tests.release`` needs the packages build, twine and cffconvert.  It builds a source distribution and from it
a wheel, checks what is in both, installs the wheel into an empty environment outside of the repository, and there
imports every public module and runs the commands of a first evening.  The cache of kernels is an empty one as well.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Sequence
from email.message import Message
from email.parser import Parser
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[1]
NOT_IN_SOURCE = {".ci/run", ".gitignore"}
"""Files of the repository that only make sense in it."""
ASSETS = {f"graphnet/page/assets/{name}" for name in ("LICENSES.txt", "page.css", "page.html", "page.js")}
COMMANDS = """\
graphnet --version
graphnet new --list
graphnet tour --quick
graphnet new lateral net.json --inputs 1 --hidden 8 --outputs 1
graphnet inspect net.json
graphnet train net.json data.npz -o run --epochs 3 --seed 0
graphnet evaluate run data.npz
graphnet view run data.npz -o page.html
"""
DATA = """
import numpy as np
x = np.random.default_rng(0).choice([-1.0, 1.0], (64, 12, 1))
np.savez("data.npz", x=x, y=x)
"""
IMPORTS = '''
"""Import every module and every public name; what fails has to fail for want of a package of an extra, and say so."""
import importlib, pkgutil, re, sys
from importlib.metadata import requires

import graphnet, graphnet_cli

optional = {re.match(r"[\\w.-]+", line)[0].lower() for line in requires("graphnet-engine") if "extra ==" in line}
named = {"scikit-learn": "sklearn", "mlflow-skinny": "mlflow", "tensorboardx": "tensorboardX"}
optional = {named.get(each, each.replace("-", "_")) for each in optional}
absent, n_imported, wrong = set(), 0, []

def attempt(what, get):
    global n_imported
    try:
        get()
        n_imported += 1
    except ImportError as error:
        missing = (error.name or "").split(".")[0]
        if missing not in optional:
            wrong.append(f"{what}: {error!r}")
        absent.add(missing)

for package in (graphnet, graphnet_cli):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + ".", onerror=lambda name: None):
        if not found.name.endswith("__main__"):
            attempt(found.name, lambda: importlib.import_module(found.name))
for name in graphnet.__all__:
    attempt(name, lambda: getattr(graphnet, name))
for module in ("graphs", "losses", "plots", "analysis", "metrics", "io", "optimizers", "schedules", "loggers"):
    public = getattr(graphnet, module)
    for name in getattr(public, "__all__", ()):
        attempt(f"{module}.{name}", lambda: getattr(public, name))
if wrong:
    sys.exit("\\n".join(wrong))
print(f"{n_imported} modules and names; of extras these are missing: {', '.join(sorted(absent))}")
'''


def main() -> None:
    """Build, check and use the distributions, and print what was found; exit with 1 at the first that is wrong."""
    began = perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        call([sys.executable, "-m", "build", "--outdir", str(folder / "dist"), str(ROOT)])
        (source,), (wheel,) = (list((folder / "dist").glob(pattern)) for pattern in ("*.tar.gz", "*.whl"))
        say(began, f"built {source.name} ({kilobytes(source)}) and {wheel.name} ({kilobytes(wheel)})")
        check_source(source)
        check_wheel(wheel)
        call([sys.executable, "-m", "twine", "check", "--strict", str(source), str(wheel)])
        call([str(Path(sys.executable).with_name("cffconvert")), "--validate"], cwd=ROOT)
        say(began, "their files, their metadata and CITATION.cff are right")
        use(wheel, folder, began)


def check_source(source: Path) -> None:
    """Check that the source distribution is the repository, so that its tests can run there."""
    with tarfile.open(source) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    tracked = set(call(["git", "ls-files"], cwd=ROOT).splitlines())
    missing = tracked - held - NOT_IN_SOURCE
    require(not missing, f"{source.name} lacks {sorted(missing)[:10]}")
    require(not {name for name in held if "__pycache__" in name}, f"{source.name} has compiled files")


def check_wheel(wheel: Path) -> None:
    """Check that a wheel has the two packages with what they need, and nothing else."""
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if not name.endswith("/")}
        (path,) = (name for name in names if name.endswith(".dist-info/METADATA"))
        metadata = Parser().parsestr(archive.read(path).decode())
        scripts = archive.read(path.replace("METADATA", "entry_points.txt")).decode()
    info = path.partition("/")[0]
    require({name.partition("/")[0] for name in names} == {"graphnet", "graphnet_cli", info}, f"{wheel.name}: {names}")
    require({*ASSETS, "graphnet/py.typed", f"{info}/licenses/LICENSE"} <= names, f"{wheel.name} lacks assets")
    tracked = call(["git", "ls-files", "graphnet/*.py", "cli/*.py"], cwd=ROOT).splitlines()
    modules = {re.sub("^cli/", "graphnet_cli/", name) for name in tracked}
    present = {name for name in names if name.endswith(".py")}
    require(modules == present, f"{wheel.name}: not the modules of the repository: {sorted(modules ^ present)}")
    require("graphnet = graphnet_cli.main:main" in scripts, scripts)
    check_metadata(metadata)


def check_metadata(metadata: Message) -> None:
    """Check what a wheel says of itself; links are given only where there is something to link to."""
    require(metadata["Name"] == "graphnet-engine", "name")
    require(metadata["Version"] == version(), "version")
    require("BSD-3-Clause" in (metadata["License-Expression"] or metadata["License"]), "licence")
    require(all(metadata[field] for field in ("Summary", "Keywords", "Author", "Requires-Python")), "empty fields")
    require(len(str(metadata.get_payload())) > 1000, "README.md is the description")
    require(not metadata.get_all("Project-URL"), "a project URL: check that it is a real one, and say so here")


def use(wheel: Path, folder: Path, began: float) -> None:
    """Install a wheel into an empty environment, and import and run what it brings."""
    venv.create(folder / "empty", with_pip=True)
    programs, work = folder / "empty" / "bin", folder / "work"
    work.mkdir()
    alone = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "GRAPHNET"))}
    alone |= {"GRAPHNET_CACHE_DIR": str(folder / "kernels"), "PYTHONWARNINGS": "error::DeprecationWarning:graphnet"}

    def inside(program: str, *arguments: str) -> str:
        return call([str(programs / program), *arguments], cwd=work, env=alone)

    inside("python", "-m", "pip", "install", "--quiet", str(wheel))
    inside("python", "-m", "pip", "check")
    place = inside("python", "-c", "import graphnet; print(graphnet.__file__)").strip()
    require(Path(place).is_relative_to(folder), f"imported from {place}")
    say(began, "installed into an empty environment")
    (work / "imports.py").write_text(IMPORTS)
    say(began, "imported " + inside("python", "imports.py").strip())
    inside("python", "-c", DATA)
    for line in COMMANDS.splitlines():
        program, *arguments = line.split()
        said = inside(program, *arguments)
        say(began, f"{line}: {said.splitlines()[-1] if said else 'no output'}")
        if "--version" in line:
            require(said.strip() == f"graphnet {version()}", said)
    page = (work / "page.html").read_text("utf-8")
    program_of_page = (ROOT / "graphnet/page/assets/page.js").read_text("utf-8").strip()
    require(program_of_page[:1000] in page, f"the page, of {len(page)} characters, lacks its program")
    say(began, "the release works")


def call(command: Sequence[str], cwd: Path | None = None, env: dict[str, str] | None = None) -> str:
    """Run a command and return what it prints; exit with that if it fails."""
    done = subprocess.run(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
    )
    require(done.returncode == 0, f"{' '.join(command)} failed:\n{done.stdout}")
    return done.stdout


def version() -> str:
    """Return the version of the source."""
    found = re.search(r'__version__ = "(\S+)"', (ROOT / "graphnet/_version.py").read_text())
    assert found is not None
    return found[1]


def require(holds: bool, message: str) -> None:
    """Exit with a message unless something holds."""
    if not holds:
        sys.exit(f"release: {message}")


def say(began: float, message: str) -> None:
    """Print a message after the seconds since the beginning."""
    print(f"{perf_counter() - began:5.0f} s  {message}", flush=True)


def kilobytes(path: Path) -> str:
    """Return the size of a file."""
    return f"{path.stat().st_size / 1000:.0f} kB"


if __name__ == "__main__":
    main()
