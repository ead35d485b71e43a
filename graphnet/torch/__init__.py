"""Torch: modules read as drawings, and networks as modules.

This is the only package that knows torch, which is an extra and imported where it is used.
"""
