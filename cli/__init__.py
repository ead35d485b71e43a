"""Command line of graphnet: one file per verb, collected in ``main``."""
