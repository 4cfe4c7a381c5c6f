"""How a trace is recorded: forward, backward, the update, and what comes after it, one file each."""
