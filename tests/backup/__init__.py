"""docs/backup.md: its lines, run."""
