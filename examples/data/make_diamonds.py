"""Make diamonds.parquet from the CSV that plotnine ships: ``python make_diamonds.py …/plotnine/data/diamonds.csv``.

The rows and their order are plotnine's; only the types change. The three grades become dictionary columns, so the
file also holds which grades there are, and prices, being whole dollars, are whole numbers.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

GRADE = pa.dictionary(pa.int32(), pa.string())
TYPES = {
    "carat": pa.float64(),
    "cut": GRADE,
    "color": GRADE,
    "clarity": GRADE,
    "depth": pa.float64(),
    "table": pa.float64(),
    "price": pa.int64(),
    "x": pa.float64(),
    "y": pa.float64(),
    "z": pa.float64(),
}


def main(source: str) -> None:
    options = pyarrow.csv.ConvertOptions(column_types=TYPES)
    table = pyarrow.csv.read_csv(source, convert_options=options).unify_dictionaries()
    target = Path(__file__).with_name("diamonds.parquet")
    # No pandas metadata, no row index: just the ten columns.
    pyarrow.parquet.write_table(table.replace_schema_metadata(None), target, compression="zstd", compression_level=19)
    print(f"{target}: {table.num_rows:,} rows, {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
