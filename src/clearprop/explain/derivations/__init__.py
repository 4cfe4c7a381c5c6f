"""Derivations: the lines of a step, paths and proofs, and what can be asked of gradients."""
