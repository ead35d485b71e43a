"""Drawings in files: one format a file, found by its suffix in ``formats``."""
