"""Compiled kernels: ``scan`` holds those that are called, the other files their parts."""
