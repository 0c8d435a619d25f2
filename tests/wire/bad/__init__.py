"""Requests that must be refused, by the part of them that is bad."""
