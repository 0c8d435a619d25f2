"""Grants that outside packages bring."""
