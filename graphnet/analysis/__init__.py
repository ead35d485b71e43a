"""What a drawing is: names for its feedback."""
