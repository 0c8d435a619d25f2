"""The audit trail: what goes into it, and how it is read."""
