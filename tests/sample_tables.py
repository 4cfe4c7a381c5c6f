"""Tables small enough to train on in a moment."""

import numpy as np
import pyarrow as pa
import pyarrow.csv


def flats(n=400, seed=0):
    """Rents that depend on size and district; some sizes are missing."""
    random = np.random.default_rng(seed)
    size = random.uniform(20, 120, n).round(1)
    district = random.choice(["north", "south", "west"], n)
    rent = np.exp(5 + size / 60 + 0.3 * (district == "south") + random.normal(0, 0.05, n)).round(2)
    return pa.table(
        {
            "size": pa.array(size, mask=random.random(n) < 0.05),
            "district": district,
            "balcony": random.random(n) < 0.5,
            "rent": rent,
        }
    )


def pets(n=300, seed=0):
    """Three kinds of animals, told apart by weight and by what they say."""
    random = np.random.default_rng(seed)
    kind = random.choice(["cat", "cow", "dog"], n, p=[0.5, 0.2, 0.3])
    weight = np.select([kind == "cat", kind == "dog"], [4.0, 20.0], 500.0) * np.exp(random.normal(0, 0.3, n))
    return pa.table({"weight": weight, "says": np.where(kind == "cow", "moo", "else"), "kind": kind})


def write(path, table):
    pyarrow.csv.write_csv(table, path)
    return path
