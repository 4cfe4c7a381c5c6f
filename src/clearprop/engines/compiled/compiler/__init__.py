"""From source text to the address of machine code: what the processor can do, compiling, keeping, loading."""
