"""Values of numbers that a drawing leaves open."""
