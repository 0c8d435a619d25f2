"""Inputs that nobody thought of: `make fuzz` tries many, the suite a few."""
