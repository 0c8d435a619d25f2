"""What the tests of several folders share: programs of the machine, and database servers to throw away."""
