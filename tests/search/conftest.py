"""Skip the tests of searches where Optuna is not installed."""

import pytest

pytest.importorskip("optuna")
