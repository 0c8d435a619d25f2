"""What a client sees, byte for byte, over real HTTP."""
