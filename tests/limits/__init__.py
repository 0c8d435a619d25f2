"""Limits on guessing and on tokens."""
