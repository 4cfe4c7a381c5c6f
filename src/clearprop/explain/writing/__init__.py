"""Writing: notations, symbols, numbers, and documents made of blocks."""
