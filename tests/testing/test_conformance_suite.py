"""The conformance suite in another project: it takes one line, and a wrong executor fails."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from graphnet.testing import conformance
from graphnet.testing.properties import OF_EXECUTORS, PROPERTIES

pytestmark = pytest.mark.costly
ROOT = Path(__file__).parents[2]
SETTINGS = """
from hypothesis import HealthCheck, Phase, settings
settings.register_profile(
    "few", max_examples=8, derandomize=True, database=None, deadline=None,
    phases=[Phase.generate], suppress_health_check=list(HealthCheck),
)
settings.load_profile("few")
"""
ONE_LINE = "from graphnet.testing import conformance\nTestMine = conformance('reference')\n"
WRONG = f"""
import sys
sys.path.insert(0, {str(ROOT)!r})
from graphnet.testing import conformance
from tests.testing.executors import add_to_number
TestMine = conformance(add_to_number(0, 1e-6))
"""


def run(folder: Path, source: str, *options: str) -> subprocess.CompletedProcess[str]:
    (folder / "conftest.py").write_text(SETTINGS)
    (folder / "test_mine.py").write_text(source)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_one_line_in_another_project_is_a_test_for_each_property(tmp_path: Path) -> None:
    result = run(tmp_path, ONE_LINE)
    assert result.returncode == 0, result.stdout
    assert f"{len(OF_EXECUTORS)} passed" in result.stdout


def test_an_executor_that_is_wrong_in_one_number_fails(tmp_path: Path) -> None:
    result = run(tmp_path, WRONG, "-k", "gradient_of_all_steps or streaming or padding")
    assert result.returncode == 1, result.stdout
    assert "FAILED test_mine.py::TestMine::test_gradient_of_all_steps" in result.stdout
    assert "complex step" in result.stdout
    assert "2 passed" in result.stdout, "what has nothing to do with gradients holds"


def test_each_property_has_drawings_of_its_own() -> None:
    """A derandomised run draws by the source of a test, so tests of the same source would see the same drawings."""
    from hypothesis.internal.reflection import function_digest

    suite = conformance("reference", properties=PROPERTIES)
    tests = [getattr(suite, f"test_{each.__name__}") for each in PROPERTIES]
    digests = {function_digest(test.hypothesis.inner_test) for test in tests}
    assert len(digests) == len(PROPERTIES)


def test_the_tests_are_called_what_the_properties_are_and_say_what_they_say() -> None:
    suite = conformance("reference")
    for each in OF_EXECUTORS:
        test = getattr(suite, f"test_{each.__name__}")
        assert test.__doc__.split() == each.__doc__.split()


@pytest.mark.parametrize("switches", [{"reverse": False, "groups": False}])
def test_features_can_be_left_out(switches: dict[str, bool]) -> None:
    """An executor that lacks features is tested on the others."""
    seen = []

    def remember(case, compile) -> None:
        seen.extend(said for _, said in case.graph.nodes(data=True))

    remember.__doc__ = "What is drawn."
    suite = conformance("reference", properties=[remember], **switches)
    suite().test_remember()
    assert seen
    assert not any("reverse" in said or "group" in said for said in seen)
