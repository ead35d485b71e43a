"""The fast executor: compiled kernels.

``run`` holds the functions of an executor, ``plan`` the order in which kernels read synapses, ``tables`` the arrays
that kernels take, ``memory`` and ``pool`` their memory and threads, ``background`` compilation by a second process.
"""
