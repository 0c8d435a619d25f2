"""What is built from the checkout: a wheel and a source distribution."""
