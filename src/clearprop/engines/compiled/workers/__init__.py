"""Who works: the threads that share a call, and how many of them a call gets."""
