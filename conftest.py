"""For tests and doctests alike: what is not collected where a library that only some need is not installed."""

from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("torch") else ["src/clearprop/engines/torch/*"]
