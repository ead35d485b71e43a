"""The reference executor, in NumPy and SciPy: the definition of correct.

``run`` holds the two functions of an executor, ``neurons`` what a neuron does with its sum, ``past`` delays.
"""
