"""Verbs of the command line, one per file: each parses options, calls the library and prints the result."""
