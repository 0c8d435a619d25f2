"""What strangers may try at the panel, over HTTP."""
