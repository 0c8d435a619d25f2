"""The authorization server proper: Authlib's server, the pipeline of a token request, and what plugins subclass."""
