"""The compiled engine: the same formulas as the reference engine, as machine code.

This is the fast one; `reference` is the clean one. Only this folder imports Numba.
"""
