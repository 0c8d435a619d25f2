"""Access tokens that must not pass, made from a good one in the ways that have fooled others."""
