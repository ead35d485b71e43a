"""Executors: what computes a Program forward and backward.

``contract`` says what an executor is and what passes between it and its callers; ``reference`` is the definition of
correct.
"""
