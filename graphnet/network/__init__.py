"""Network: a compiled drawing with its numbers, and what its methods return."""
