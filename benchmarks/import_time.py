"""How long `import clearprop` takes beyond `import numpy`, and what it brings along.

Each import in a process of its own, the two in turn, so that a change in the machine's speed meets both.

    python benchmarks/import_time.py [rounds]
"""

from __future__ import annotations

import statistics
import subprocess
import sys

TIMED = "import time; began = time.perf_counter(); import {}; print(time.perf_counter() - began)"
HEAVY = "import sys, clearprop; print(*sorted({'sklearn', 'numba', 'scipy', 'pyarrow', 'rich'} & set(sys.modules)))"


def seconds(module: str) -> float:
    """Time of one import in a new process."""
    done = subprocess.run([sys.executable, "-c", TIMED.format(module)], capture_output=True, text=True, check=True)
    return float(done.stdout)


def main(rounds: int) -> None:
    seconds("numpy"), seconds("clearprop")  # the first reads the disk
    pairs = [(seconds("numpy"), seconds("clearprop")) for _ in range(rounds)]
    extra = [ours - numpy for numpy, ours in pairs]
    print(f"import numpy      median {statistics.median(numpy for numpy, _ in pairs):.3f} s of {rounds}")
    print(f"import clearprop  median {statistics.median(ours for _, ours in pairs):.3f} s")
    print(f"difference        median {statistics.median(extra):.3f} s, least {min(extra):.3f}, most {max(extra):.3f}")
    found = subprocess.run([sys.executable, "-c", HEAVY], capture_output=True, text=True, check=True).stdout.strip()
    print(f"heavy libraries imported with it: {found or 'none'}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 11)
