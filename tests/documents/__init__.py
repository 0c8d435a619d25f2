"""The documents: what is made from the program, and whether the rest is true."""
