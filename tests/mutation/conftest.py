"""Nothing in here is a test; mutmut, which it needs, is not installed with the tests."""

collect_ignore_glob = ["*.py"]
