"""Limits: how often passwords and secrets may be guessed, and how many tokens a client may get."""
