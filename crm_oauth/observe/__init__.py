"""Consumers of outcomes."""
