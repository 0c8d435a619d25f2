"""The panel: the pages on which administrators manage OAuth2 clients and tokens."""
