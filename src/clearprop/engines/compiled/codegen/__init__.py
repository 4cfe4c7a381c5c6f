"""What writes the source of kernels: from formulas, and for the kernels that depend on none."""
