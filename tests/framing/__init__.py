"""Requests whose end is in doubt: where two servers may disagree about it, one smuggles past the other."""
