"""One program takes the place of another while servers run."""
