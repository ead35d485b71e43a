"""The fast executor: every property of networks."""

from __future__ import annotations

from graphnet.execute import fast
from graphnet.testing import conformance

TestFast = conformance(fast)
