"""This folder has no tests, and needs mutmut, which is not installed with the tests."""

collect_ignore_glob = ["*.py"]
