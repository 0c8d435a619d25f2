"""What we are made of: whether it is known to be bad, and its list."""
