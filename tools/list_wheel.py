"""What is in a wheel, largest first, and its size: ``python tools/list_wheel.py FOLDER``."""

from __future__ import annotations

import sys
import zipfile
from collections import Counter
from pathlib import Path


def main(folder: str) -> None:
    for wheel in sorted(Path(folder).glob("clearprop-*.whl")):
        with zipfile.ZipFile(wheel) as found:
            sizes = Counter({item.filename: item.file_size for item in found.infolist()})
        print(f"{wheel.name}: {wheel.stat().st_size:,} bytes, {sizes.total():,} installed, {len(sizes)} files")
        for name, size in sizes.most_common(12):
            print(f"  {size:>9,}  {name}")


if __name__ == "__main__":
    main(*sys.argv[1:])
