#!/bin/sh
# pyarrow 26.0.1 and pandas 3.1.1: three ways in which a column silently becomes another on its way to Arrow or Parquet.
# 1. pa.array of Python dates and datetimes takes the type of the first value: [date, datetime 05:00] is date32, and the time of day
#    is lost without an error; the other way round it is refused. A good engineer would guess timestamps, or that refusal.
# 2. A pandas categorical of lengths of time written to Parquet comes back as plain int64, in pandas too: not only no categories
#    (which one may know of numbers) but no lengths of time either, and nothing in the file says in which unit they are counted. The
#    same column as plain timedelta64 comes back as it was.
# 3. The cast of a list view to a list makes an array that its own validate() refuses: its offsets lack the last one.
# For users: make all of them datetimes first; turn such categoricals into text or plain lengths of time before writing; flatten a
# list view and build the list from its lengths.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "pyarrow==26.0.1" "pandas==3.1.1" "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import io
from datetime import date, datetime, timedelta
from importlib.metadata import version

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

print("pyarrow", version("pyarrow"), "pandas", version("pandas"))
day, moment = date(2024, 1, 1), datetime(2024, 1, 2, 5, 0)
lossy = pa.array([day, moment])
print(f"[date, datetime]: {lossy.type}, {lossy.to_pylist()}")
assert lossy.type == pa.date32(), "the time of day is kept, or refused, now"
assert lossy[1].as_py() == date(2024, 1, 2)
try:
    pa.array([moment, day])
except pa.ArrowTypeError as error:
    print(f"[datetime, date]: {error}")
else:
    raise AssertionError("it is taken now")

frame = pd.DataFrame({"took": pd.to_timedelta([90, 7200], unit="s")})
for name, column in (("timedelta64", frame["took"]), ("categorical of it", frame["took"].astype("category"))):
    file = io.BytesIO()
    pd.DataFrame({"took": column}).to_parquet(file)
    back = pd.read_parquet(io.BytesIO(file.getvalue()))["took"]
    noted = pa.parquet.read_schema(io.BytesIO(file.getvalue())).metadata[b"pandas"].decode()
    print(f"{name}: written {column.dtype}, read {back.dtype}: {back.tolist()}")
    if name == "timedelta64":
        assert back.tolist() == frame["took"].tolist()
    else:
        assert back.dtype == "int64", "it comes back as something else now"
        assert "timedelta" not in noted, "its notes keep the type now"

views = pa.array([[1.0, 2.0], [3.0, 4.0]], pa.list_view(pa.float64()))
views.validate(full=True)
try:
    views.cast(pa.list_(pa.float64())).validate(full=True)
except pa.ArrowInvalid as error:
    print(f"list_view to list: {error}")
else:
    raise AssertionError("the cast makes a valid array now")
PYTHON
