"""The panel, in a real browser against the server as it ships."""
