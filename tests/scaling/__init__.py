"""docs/scaling.md is held to the truth."""
