"""What Numba compiles, as it stands, and the argument block that it reads: the cache is keyed by this whole folder."""
