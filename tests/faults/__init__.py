"""Faults that happen to a running server, and the ledger that tells what became of its promises."""
