"""The tests: `unit` for pure functions, one folder for each layer above, `e2e` for the whole program."""
