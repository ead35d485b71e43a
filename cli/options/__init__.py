"""Options: their types, the settings they stand for, and where each comes from."""
