"""Data sets in files: arrays (npz, npy) and tables."""
