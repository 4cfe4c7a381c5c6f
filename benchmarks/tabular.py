"""How good the default for tables is, and how long it takes, beside what people use: error on held-out rows.

Contenders: `clearprop` (TabularClassifier, TabularRegressor, all defaults), `mlp` (scikit-learn, all defaults,
in a pipeline that standardises and one-hot encodes), `hgb` (HistGradientBoosting, defaults), and, where pytabkit is
installed, `td_s` and `td` (its RealMLP). All learn from the same rows of the same splits and take turns, one after
another, on as many threads as `--threads` says. Class error is the share of rows predicted wrong; for numbers it is the
RMSE. Times are compared by the clock and in seconds of the processor, which other programs lengthen least.

    python benchmarks/tabular.py [--data digits spam] [--contenders clearprop mlp hgb] [--splits 10] [--threads 1]
    python benchmarks/tabular.py --report

Results are kept in benchmarks/results/tabular.json, or under another name given with `--results`, after every fit; what
is there already is not done again unless `--again`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from machine import RESULTS, describe, set_threads

COUNT = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 1
set_threads(COUNT)  # before NumPy is imported
os.environ["NUMBA_NUM_THREADS"] = str(COUNT)

import numpy as np  # noqa: E402
import tabular_data  # noqa: E402
from tabular_data import NotInstalled, Table  # noqa: E402

NAME = sys.argv[sys.argv.index("--results") + 1] if "--results" in sys.argv else "tabular"
PATH = RESULTS / f"{NAME}.json"


def clearprop(table: Table, seed: int) -> Any:
    from clearprop import TabularClassifier, TabularRegressor

    kind = TabularClassifier if table.task == "classification" else TabularRegressor
    return kind(random_state=seed, n_threads=COUNT)


def mlp(table: Table, seed: int) -> Any:
    from sklearn.compose import TransformedTargetRegressor, make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    encode = make_column_transformer(
        (
            make_pipeline(SimpleImputer(strategy="median"), StandardScaler()),
            make_column_selector(dtype_include="number"),
        ),
        (OneHotEncoder(handle_unknown="ignore"), make_column_selector(dtype_exclude="number")),
        sparse_threshold=0,
    )
    if table.task == "classification":
        return make_pipeline(encode, MLPClassifier(random_state=seed))
    inner = make_pipeline(encode, MLPRegressor(random_state=seed))
    return TransformedTargetRegressor(inner, transformer=StandardScaler())


def hgb(table: Table, seed: int) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    kind = HistGradientBoostingClassifier if table.task == "classification" else HistGradientBoostingRegressor
    return kind(random_state=seed, categorical_features="from_dtype")


def td_s(table: Table, seed: int) -> Any:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    kind = RealMLP_TD_S_Classifier if table.task == "classification" else RealMLP_TD_S_Regressor
    return kind(random_state=seed, n_threads=COUNT, device="cpu")


def td(table: Table, seed: int) -> Any:
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    kind = RealMLP_TD_Classifier if table.task == "classification" else RealMLP_TD_Regressor
    return kind(random_state=seed, n_threads=COUNT, device="cpu")


CONTENDERS: Mapping[str, Callable[[Table, int], Any]] = {
    "clearprop": clearprop, "mlp": mlp, "hgb": hgb, "td_s": td_s, "td": td
}  # fmt: skip


def one(contender: str, table: Table, seed: int) -> dict[str, Any]:
    """Fit and judge one model; times are of the wall clock."""
    X_train, X_test, y_train, y_test = tabular_data.split(table, seed)
    model = CONTENDERS[contender](table, seed)
    load = os.getloadavg()[0]
    began, worked = time.perf_counter(), time.process_time()
    model.fit(X_train, y_train)
    fitted, worked = time.perf_counter(), time.process_time() - worked
    found = np.asarray(model.predict(X_test)).ravel()
    row = {
        "data": table.name, "contender": contender, "split": seed, "seconds": fitted - began,
        "processor_seconds": worked, "seconds_to_predict": time.perf_counter() - fitted, "threads": COUNT, "load": load,
    }  # fmt: skip
    if table.task == "regression":
        row["error"] = float(np.sqrt(np.mean((found - y_test.to_numpy()) ** 2)))
        row["r2"] = float(1 - row["error"] ** 2 / y_test.var(ddof=0))
    else:
        truth = y_test.to_numpy()
        chances = np.asarray(model.predict_proba(X_test), dtype=np.float64)
        column = np.searchsorted(np.unique(y_train), truth)
        row["error"] = float(np.mean(found != truth))
        row["log_loss"] = float(-np.mean(np.log(np.maximum(chances[np.arange(len(truth)), column], 1e-7))))
    return row


def kept() -> list[dict[str, Any]]:
    return json.loads(PATH.read_text())["results"] if PATH.exists() else []


def keep(rows: list[dict[str, Any]]) -> None:
    RESULTS.mkdir(exist_ok=True)
    lines = ",\n".join(json.dumps(row) for row in rows)
    part = PATH.with_suffix(".part")
    part.write_text(f'{{"machine": {json.dumps(describe(), indent=2)},\n"results": [\n{lines}\n]}}\n')
    part.replace(PATH)


def run(names: list[str], contenders: list[str], splits: int, again: bool) -> None:
    tables = {}
    for name in names:
        try:
            tables[name] = tabular_data.load(name)
        except NotInstalled as missing:
            print(f"{name} is left out: {missing}")
    for seed in range(splits):
        for name, table in tables.items():
            for contender in contenders:
                place = {"data": name, "contender": contender, "split": seed, "threads": COUNT}
                done = [row for row in kept() if place.items() <= row.items()]
                if done and not again:
                    continue
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")  # of the peers' own: not converged, deprecated, workers
                    try:
                        row = one(contender, table, seed)
                    except ImportError as missing:
                        print(f"{contender} is left out: {missing} (pip install pytabkit)")
                        continue
                keep([*(row for row in kept() if not place.items() <= row.items()), row])
                print(
                    f"{name:>14} split {seed} {contender:>10} error {row['error']:.4f}  {row['seconds']:.1f} s",
                    flush=True,
                )


def report() -> None:
    """Means over splits with their standard errors; then ours relative to each peer's over the same splits."""
    rows = kept()
    names = list(dict.fromkeys(row["data"] for row in rows))
    found = {(row["data"], row["contender"], row["split"]): row for row in rows}
    print(f"{'':>14}" + "".join(f"{c:>26}" for c in CONTENDERS))
    for name in names:
        cells = []
        for contender in CONTENDERS:
            mine = [row for row in rows if (row["data"], row["contender"]) == (name, contender)]
            if not mine:
                cells.append(f"{'–':>26}")
                continue
            errors = [row["error"] for row in mine]
            spread = statistics.stdev(errors) / math.sqrt(len(errors)) if len(errors) > 1 else math.nan
            seconds = statistics.median(row["processor_seconds"] for row in mine)
            cells.append(f"{statistics.mean(errors):10.4f} ±{spread:.4f} {seconds:6.1f}s")
        print(f"{name:>14}" + "".join(f"{cell:>26}" for cell in cells))
    for peer in CONTENDERS:
        if peer != "clearprop":
            _against(peer, names, found)


def _against(peer: str, names: list[str], found: Mapping[Any, Any]) -> None:
    """Ours against one peer's: differences over the same splits, ratio of errors, ratio of times."""
    ratios, better, worse = [], [], []
    times: dict[str, list[float]] = {"seconds": [], "processor_seconds": []}
    for name in names:
        both = [
            (found[name, "clearprop", seed], row)
            for (data, contender, seed), row in found.items()
            if data == name and contender == peer and (name, "clearprop", seed) in found
        ]
        if not both:
            continue
        differences = [ours["error"] - theirs["error"] for ours, theirs in both]
        mean = statistics.mean(differences)
        spread = statistics.stdev(differences) / math.sqrt(len(both)) if len(both) > 1 else math.nan
        better += [name] if mean < 0 else []
        worse += [name] if mean > spread else []
        ours, theirs = (statistics.mean(pair[i]["error"] for pair in both) for i in (0, 1))
        shift = 0.01 if tabular_data.SOURCES[name][0] == "classification" else 0.0
        ratios.append((ours + shift) / (theirs + shift))
        for kind, so_far in times.items():
            spent = [statistics.median(pair[i][kind] for pair in both) for i in (0, 1)]
            so_far.append(spent[1] / spent[0])
    if ratios:
        print(
            f"\nclearprop against {peer}, {len(ratios)} tables: geometric mean of the ratios of errors "
            f"{statistics.geometric_mean(ratios):.3f} (class errors + 0.01), of the ratios of times"
        )
        for kind, all_of_them in times.items():
            mean = statistics.geometric_mean(all_of_them)
            print(f"  {kind.replace('_', ' ')}: {mean:.1f} (from {min(all_of_them):.1f} to {max(all_of_them):.1f})")
        print(
            f"  better on {len(better)}: {', '.join(better)}\n"
            f"  worse by more than a standard error on {len(worse)}: {', '.join(worse) or 'none'}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", default=list(tabular_data.SOURCES), choices=list(tabular_data.SOURCES))
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", default="tabular", help="name of the file of results")
    parser.add_argument("--again", action="store_true", help="measure anew what is there already")
    parser.add_argument("--report", action="store_true", help="only print what was found so far")
    given = parser.parse_args()
    if not given.report:
        run(given.data, given.contenders, given.splits, given.again)
    report()
