"""The language: what may be drawn, and what it means."""
