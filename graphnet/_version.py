"""The version, read by the package and by its installer."""

__version__ = "0.2.0"
