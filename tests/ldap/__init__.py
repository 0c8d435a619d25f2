"""Passwords that a directory checks: against a real OpenLDAP server."""
