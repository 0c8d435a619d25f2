"""Tests of the authorization server's parts, without a server or a database."""
