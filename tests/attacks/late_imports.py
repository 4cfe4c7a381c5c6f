"""Which modules the first fit of a process imports without holding the lock that a fork waits for: ``KIND``."""

import importlib._bootstrap
import json
import sys

import endings

from clearprop.engines.first_use import FIRST_USE

if __name__ == "__main__":
    found = []
    load = importlib._bootstrap._load_unlocked

    def watched(spec):
        """Load a module, and note it where a fork in another thread would cut through that."""
        if not FIRST_USE._is_owned():
            found.append(spec.name)
        return load(spec)

    importlib._bootstrap._load_unlocked = watched
    endings.fit(sys.argv[1])
    print(json.dumps(found))  # noqa: T201
