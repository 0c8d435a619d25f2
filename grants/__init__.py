"""The built-in grants: plugins like any other, known to the program by their entry points only."""
