"""The torch engine: the formulas as calls of PyTorch, on a CPU or a GPU; `engine` is its door."""
