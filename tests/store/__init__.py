"""One suite that every database must pass alike."""
