"""How good the default for tables is, and how long it takes, beside what people use: error on held-out rows.

Contenders: `clearprop` (TabularClassifier, TabularRegressor, all defaults), `quality_1` … `quality_5` (the same of
other qualities), `mlp` (scikit-learn, all defaults, in a pipeline that standardises and one-hot encodes), `hgb`
(HistGradientBoosting, defaults), and, where they are installed, `lightgbm`, `catboost` and `xgboost` with their
defaults and categories told as such, `td_s` and `td` (pytabkit's RealMLP). All learn from the same rows of the same
splits and take turns, one after another, on as many threads as `--threads` says. Class error is the share of rows
predicted wrong; for numbers it is the RMSE. Wins are counted by TabArena's scores: the AUC of two classes, the log loss
of several, the RMSE of numbers. Times are compared by the clock and in seconds of the processor, which other programs
lengthen least.

    python benchmarks/tabular.py [--data digits spam] [--contenders clearprop mlp hgb] [--splits 10] [--threads 1]
    python benchmarks/tabular.py --data never_used --splits 5 --results never_used
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
from functools import partial
from typing import Any

from machine import RESULTS, describe, set_threads

COUNT = int(sys.argv[sys.argv.index("--threads") + 1]) if "--threads" in sys.argv else 1
set_threads(COUNT)  # before NumPy is imported
os.environ["NUMBA_NUM_THREADS"] = str(COUNT)

import numpy as np  # noqa: E402
import tabular_data  # noqa: E402
from tabular_data import SOURCES, NotInstalled, Table  # noqa: E402

NAME = sys.argv[sys.argv.index("--results") + 1] if "--results" in sys.argv else "tabular"
GROUPS = {"decided_on": list(tabular_data.DECIDED_ON), "never_used": list(tabular_data.NEVER_USED)}
PATH = RESULTS / f"{NAME}.json"


def clearprop(table: Table, seed: int) -> Any:
    from clearprop import TabularClassifier, TabularRegressor

    kind = TabularClassifier if table.task == "classification" else TabularRegressor
    return kind(random_state=seed, n_threads=COUNT)


def of_quality(quality: int, table: Table, seed: int) -> Any:
    return clearprop(table, seed).set_params(quality=quality)


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


class Coded:
    """A classifier whose own takes classes as numbers alone."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: Any, y: Any) -> Coded:
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.model.fit(X, codes)
        return self

    def predict_proba(self, X: Any) -> Any:
        return self.model.predict_proba(X)

    def predict(self, X: Any) -> Any:
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def lightgbm(table: Table, seed: int) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    kind = LGBMClassifier if table.task == "classification" else LGBMRegressor
    return kind(random_state=seed, n_jobs=COUNT, verbose=-1)


def xgboost(table: Table, seed: int) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    is_class = table.task == "classification"
    model = (XGBClassifier if is_class else XGBRegressor)(random_state=seed, n_jobs=COUNT, enable_categorical=True)
    return Coded(model) if is_class else model


class AsTexts:
    """CatBoost takes no missing category: it is one of its own here."""

    def __init__(self, model: Any) -> None:
        self.model = model

    def fit(self, X: Any, y: Any) -> AsTexts:
        names = [column for column in X if X[column].dtype == "category"]
        self.model.set_params(cat_features=names)
        self.model.fit(self._texts(X), y)
        return self

    def _texts(self, X: Any) -> Any:
        kinds = [column for column in X if X[column].dtype == "category"]
        return X.assign(**{column: X[column].astype(object).fillna("missing").astype(str) for column in kinds})

    def predict(self, X: Any) -> Any:
        return self.model.predict(self._texts(X))

    def predict_proba(self, X: Any) -> Any:
        return self.model.predict_proba(self._texts(X))


def catboost(table: Table, seed: int) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    kind = CatBoostClassifier if table.task == "classification" else CatBoostRegressor
    return AsTexts(kind(random_seed=seed, thread_count=COUNT, verbose=0, allow_writing_files=False))


def td_s(table: Table, seed: int) -> Any:
    from pytabkit import RealMLP_TD_S_Classifier, RealMLP_TD_S_Regressor

    kind = RealMLP_TD_S_Classifier if table.task == "classification" else RealMLP_TD_S_Regressor
    return kind(random_state=seed, n_threads=COUNT, device="cpu")


def td(table: Table, seed: int) -> Any:
    from pytabkit import RealMLP_TD_Classifier, RealMLP_TD_Regressor

    kind = RealMLP_TD_Classifier if table.task == "classification" else RealMLP_TD_Regressor
    return kind(random_state=seed, n_threads=COUNT, device="cpu")


CONTENDERS: Mapping[str, Callable[[Table, int], Any]] = {
    "clearprop": clearprop, "mlp": mlp, "hgb": hgb, "lightgbm": lightgbm, "xgboost": xgboost, "catboost": catboost,
    "td_s": td_s, "td": td, **{f"quality_{quality}": partial(of_quality, quality) for quality in (1, 2, 4, 5)},
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
        own = chances[np.arange(len(truth)), column]
        row["log_loss"] = float(-np.mean(np.log(np.maximum(own, 1e-7))))
        row["calibration_error"] = calibration_error(chances, column)
        if chances.shape[1] == 2:
            from sklearn.metrics import roc_auc_score

            row["auc"] = float(roc_auc_score(column, chances[:, 1]))
    return row


def calibration_error(chances: Any, true: Any) -> float:
    """The expected calibration error in 15 bins of equal width (Guo et al., 2017)."""
    top, right = chances.max(axis=1), chances.argmax(axis=1) == true
    places = np.minimum((top * 15).astype(int), 14)
    parts = [places == k for k in np.unique(places)]
    return float(sum(part.mean() * abs(top[part].mean() - right[part].mean()) for part in parts))


def main_score(row: Mapping[str, Any]) -> float:
    """What decides who wins, lower is better: 1 − AUC of two classes, the log loss of several, the RMSE of numbers."""
    return 1 - row["auc"] if "auc" in row else row.get("log_loss", row["error"])


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
                        print(
                            f"{contender} is left out: {missing} (pip install lightgbm catboost xgboost, or pytabkit)"
                        )
                        continue
                    except ValueError as refused:  # HistGradientBoosting takes at most 255 categories
                        print(f"{contender} refuses {name}: {refused}")
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
    _wins(names, rows)


def _wins(names: list[str], rows: list[dict[str, Any]]) -> None:
    """Who wins which table, by the mean of the main score over the splits that both have; a tie counts half."""
    for peer in CONTENDERS:
        won, lost, tied = [], [], []
        for name in names:
            pair = [
                {row["split"]: main_score(row) for row in rows if (row["data"], row["contender"]) == (name, who)}
                for who in ("clearprop", peer)
            ]
            splits = pair[0].keys() & pair[1].keys()
            if peer == "clearprop" or not splits:
                continue
            ours, theirs = (statistics.mean(each[split] for split in splits) for each in pair)
            said = f"{name} {ours:.4g} ({theirs:.4g})"
            (won if ours < theirs else lost if ours > theirs else tied).append(said)
        if count := len(won) + len(lost) + len(tied):
            share = (len(won) + len(tied) / 2) / count
            print(f"\nclearprop wins {share:.0%} of {count} tables against {peer}; main score, theirs in brackets")
            print(f"  won: {', '.join(won) or 'none'}\n  lost: {', '.join(lost) or 'none'}")
            print(f"  even: {', '.join(tied)}" if tied else "", end="\n" if tied else "")


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
    parser.add_argument("--data", nargs="+", default=["decided_on"], choices=[*GROUPS, *SOURCES])
    parser.add_argument("--contenders", nargs="+", default=list(CONTENDERS), choices=list(CONTENDERS))
    parser.add_argument("--splits", type=int, default=10)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--results", default="tabular", help="name of the file of results")
    parser.add_argument("--again", action="store_true", help="measure anew what is there already")
    parser.add_argument("--report", action="store_true", help="only print what was found so far")
    given = parser.parse_args()
    if not given.report:
        names = [name for each in given.data for name in GROUPS.get(each, [each])]
        run(names, given.contenders, given.splits, given.again)
    report()
