"""Many nodes: the programs that stand together, and what becomes of the promises when one of them goes."""
