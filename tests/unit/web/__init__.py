"""Tests of the HTTP side's parts, without a server."""
