"""Which rows are learned from and which judge: options of `clearprop train` that part them, by running the command."""

import json

import numpy as np
import pyarrow as pa
import pytest

from clearprop.tabular.model import TableModel
from sample_tables import flats, pets, write

QUICK = ("--hidden", "4", "--epochs", "2", "--engine", "reference", "--json", "--force")


def visits(n=120):
    """Patients with several visits each, dated; the target is another number for each patient."""
    random = np.random.default_rng(0)
    patient = np.repeat(np.arange(n // 6), 6)
    day = np.datetime64("2024-01-01") + random.permutation(n)
    return pa.table(
        {
            "patient": [f"p{k}" for k in patient],
            "day": pa.array(day.astype("datetime64[D]")),
            "dose": random.uniform(0, 10, n).round(2),
            "weight": np.where(np.arange(n) % 3 == 0, 0.5, 2.0),
            "ill": np.where(random.random(n) < 0.4, "yes", "no"),
            "cost": random.uniform(100, 200, n).round(1),
        }
    )


@pytest.fixture
def trained(run, tmp_path):
    """Train on a table with options; what --json says."""

    def trained(table, target, *options):
        file = table if not isinstance(table, pa.Table) else write(tmp_path / "t.csv", table)
        code, out, err = run("train", file, "--target", target, "--output", tmp_path / "m.clearprop", *QUICK, *options)
        assert code == 0, err
        return json.loads(out)

    return trained


def test_no_rows_held_out(run, trained, tmp_path):
    found = trained(pets(60), "kind", "--test", "0")
    assert found["rows"] == {"train": 60, "validation": 0, "test": 0}
    assert found["held_out"] is None
    one = trained(pets(60), "kind", "--test", "0", "--ensemble", "1")
    assert one["rows"] == {"train": 48, "validation": 12, "test": 0}
    assert run("inspect", tmp_path / "m.clearprop")[0] == 0
    out = run("train", tmp_path / "t.csv", "--target", "kind", "--test", "0", "--output", tmp_path / "n", *QUICK[:4])[1]
    assert "none held out (seed 0)" in out
    assert "No rows were held out, so no score says how good it is" in out


def test_the_score_is_that_of_the_test_file(run, trained, tmp_path):
    other = write(tmp_path / "other.csv", pets(50, seed=9).select(["kind", "says", "weight"]))
    found = trained(pets(100), "kind", "--test-file", other)
    assert found["rows"] == {"train": 100, "validation": 0, "test": 50}
    code, out, _ = run("evaluate", tmp_path / "m.clearprop", other, "--json")
    assert code == 0
    assert json.loads(out)["scores"] == found["held_out"]


def test_a_class_that_only_the_test_file_has_counts_as_wrong(trained, tmp_path):
    table = pets(50, seed=9)
    kinds = ["hen", "hen", *table.column("kind").to_pylist()[2:]]
    other = write(tmp_path / "other.csv", table.set_column(2, "kind", pa.array(kinds)))
    assert trained(pets(100), "kind", "--test-file", other)["held_out"]["n_unknown"] == 2


def test_the_best_epoch_is_chosen_by_the_validation_file(trained, tmp_path):
    other = write(tmp_path / "other.csv", flats(40, seed=9))
    log = tmp_path / "log.jsonl"
    found = trained(flats(100), "rent", "--validation-file", other, "--log", log, "--ensemble", "2")
    assert found["rows"] == {"train": 80, "validation": 40, "test": 20}
    # From epoch to epoch it is the error over just those 40 rows, of both networks.
    model = TableModel.load(tmp_path / "m.clearprop")
    table = flats(40, seed=9)
    X = model.encoder.encode(table).X
    each = [model.target.decode(out) for out in (model.member_outputs(table))]
    assert X.shape[0] == 40
    error = np.sqrt(np.mean([(one - np.array(table.column("rent"))) ** 2 for one in each]))
    records = [json.loads(line) for line in log.read_text().splitlines()]
    assert min(record["validation_rmse"] for record in records) == pytest.approx(error, rel=1e-4)


def test_rows_of_a_group_are_never_on_both_sides(trained):
    from clearprop.tables import Reading
    from clearprop.tabular import TableSettings, prepare

    table = visits()
    patients = np.array(table.column("patient"))
    for target, ensemble in (("ill", 4), ("ill", 1), ("cost", 3), ("cost", 1)):
        ready = prepare(Reading(table), TableSettings(target=target, group="patient", ensemble=ensemble))
        for fold in ready.plan.folds:
            assert not set(patients[fold.learn]) & set(patients[fold.validation])
            assert not set(patients[fold.learn]) & set(patients[ready.parts.test])
            assert len(fold.validation) > 0
        assert set(patients) == {*patients[ready.parts.train], *patients[ready.parts.test],
                                 *patients[ready.parts.validation]}  # fmt: skip
        assert "patient" not in [step.column for step in ready.encoder.steps]
    found = trained(table, "ill", "--group", "patient")
    assert 12 <= found["rows"]["test"] <= 36
    assert found["rows"]["test"] % 6 == 0


def test_only_the_past_is_learned_from(run, trained, tmp_path):
    from clearprop.tables import Reading
    from clearprop.tabular import TableSettings, prepare

    table = visits()
    days = np.array(table.column("day").to_pylist())
    for ensemble in (1, 3):
        ready = prepare(Reading(table), TableSettings(target="cost", time_column="day", ensemble=ensemble))
        assert days[ready.parts.train].max() < days[ready.parts.validation].min()
        assert days[ready.parts.validation].max() < days[ready.parts.test].min()
        assert len(ready.parts.test) == 24
        assert all(fold.validation is ready.parts.validation for fold in ready.plan.folds)
    trained(table, "cost", "--time-column", "day")
    out = run("train", tmp_path / "t.csv", "--target", "cost", "--time-column", "day", "--output", tmp_path / "n",
              *QUICK[:4])[1]  # fmt: skip
    assert "validation and held-out rows are later by day" in out


def test_rows_of_one_time_stay_on_one_side():
    from clearprop.tables import Reading
    from clearprop.tabular import TableSettings, prepare

    years = np.repeat([2020, 2021, 2022, 2023], 30)
    table = pa.table({"year": years, "x": np.arange(120.0), "y": np.arange(120.0) ** 0.5})
    ready = prepare(Reading(table), TableSettings(target="y", time_column="year", ensemble=1))
    assert set(years[ready.parts.test]) == {2023}
    assert set(years[ready.parts.validation]) == {2022}


def test_weights_are_learned_by_and_scored_by(run, trained, tmp_path):
    table = visits()
    plain, weighted = trained(table, "cost"), trained(table, "cost", "--weights", "weight")
    assert weighted["held_out"]["weighted"] is True
    assert plain["held_out"]["rmse"] != weighted["held_out"]["rmse"]
    assert weighted["inputs"] < plain["inputs"]
    code, out, _ = run("evaluate", tmp_path / "m.clearprop", tmp_path / "t.csv")
    assert code == 0
    assert "Each row counts as much as its weight." in out
    # A file without weights is scored without.
    bare = write(tmp_path / "bare.csv", table.drop_columns(["weight"]))
    code, out, err = run("evaluate", tmp_path / "m.clearprop", bare)
    assert "as much as its weight" not in out
    assert "there is no column 'weight' of weights, as training had: every row counts the same" in err


def test_columns_of_a_file_without_header_are_numbered(run, tmp_path):
    file = tmp_path / "t.csv"
    random = np.random.default_rng(0)
    rows = [(f"g{i % 12}", i % 3 + 1, round(x, 3), round(3 * x, 3)) for i, x in enumerate(random.normal(size=60))]
    file.write_text("\n".join(",".join(map(str, row)) for row in rows) + "\n")
    options = ("--no-header", "--group", "1", "--weights", "2", "--keep", "1", "--task", "regression")
    code, out, err = run("train", file, "--target", "4", *QUICK, *options, "--output", tmp_path / "m")
    assert code == 0, err
    assert json.loads(out)["inputs"] <= 2
    assert run("predict", tmp_path / "m", file)[1].splitlines()[1].startswith('"g0"')
    assert "Each row counts as much as its weight." in run("evaluate", tmp_path / "m", file)[1]


def test_rows_without_weight_are_not_learned_from(trained, tmp_path):
    """A table whose rows of weight 0 are nonsense is learned as the table without them is."""
    x = np.linspace(0, 1, 200)
    weight = np.tile([1.0, 0.0], 100)
    y = np.where(weight > 0, 2 * x, 50.0)
    table = pa.table({"x": x, "w": weight, "y": y})
    found = trained(table, "y", "--task", "regression", "--weights", "w")
    model = TableModel.load(tmp_path / "m.clearprop")
    assert model.target.high <= 2
    assert found["held_out"]["trivial_rmse"] < 1
    assert any("100 rows have the weight 0" in notice for notice in found["notices"])


def test_folds_give_mean_and_deviation_and_a_model_of_all_rows(run, trained, tmp_path):
    found = trained(pets(90), "kind", "--folds", "3")
    assert found["rows"] == {"train": 90, "validation": 0, "test": 0}
    each = [fold["accuracy"] for fold in found["cross_validation"]["folds"]]
    assert len(each) == 3
    assert sum(fold["n_rows"] for fold in found["cross_validation"]["folds"]) == 90
    assert found["cross_validation"]["mean"]["accuracy"] == pytest.approx(np.mean(each))
    assert found["cross_validation"]["sd"]["accuracy"] == pytest.approx(np.std(each, ddof=1))
    out = run("inspect", tmp_path / "m.clearprop")[1]
    assert "3-fold cross-validation, mean ± standard deviation" in out


@pytest.mark.parametrize("how", [("--group", "patient"), ("--time-column", "day"), ("--weights", "weight")])
def test_folds_by_groups_by_time_and_with_weights(trained, how):
    found = trained(visits(), "cost", "--folds", "3", "--ensemble", "1", *how)
    assert len(found["cross_validation"]["folds"]) == 3
    assert found["rows"]["train"] + found["rows"]["validation"] == 120


BAD = [
    (["--test", "1"], 2, "between 0 and 1, as 0.2, or 0 for none"),
    (["--test", "-0.1"], 2, "between 0 and 1"),
    (["--test", "0.3", "--folds", "3"], 2, "--folds says what is held out"),
    (["--test", "0.3", "--test-file", "{self}"], 2, "--test-file says what is held out"),
    (["--folds", "3", "--test-file", "{self}"], 2, "--folds holds out each row once"),
    (["--folds", "1"], 2, "folds must be from 2 to 100"),
    (["--folds", "101"], 2, "folds must be from 2 to 100"),
    (["--folds", "61"], 1, "120 rows are too few for --folds 61"),
    (["--folds", "21", "--group", "patient"], 1, "'patient' has 20 different values, too few for --folds 21"),
    (["--folds", "3", "--time-column", "same"], 1, "'same' has 1 different time, too few for --folds 3"),
    (["--group", "patent"], 1, "no column 'patent'; did you mean 'patient'?"),
    (["--group", "same"], 1, "'same' has only one value"),
    (["--group", "half"], 1, "leave the groups out"),
    (["--group", "gaps"], 1, "'gaps' is missing in row 4"),
    (["--group", "patient", "--time-column", "day"], 2, "split the rows in two ways"),
    (["--group", "cost"], 2, "cannot be the target and have another use"),
    (["--time-column", "same"], 1, "is the same in all of 120 rows"),
    (["--time-column", "ill"], 1, "which cannot be ordered in time"),
    (["--time-column", "gaps"], 1, "'gaps' is missing in row 4"),
    (["--time-column", "days"], 1, "no column 'days'; did you mean 'day'?"),
    (["--weights", "negative"], 1, "the weight 'negative' is -1 in row 7: weights must be at least 0"),
    (["--weights", "zero"], 1, "the weight 'zero' is 0 in every row"),
    (["--weights", "ill"], 1, "holds text, as"),
    (["--weights", "gaps"], 1, "'gaps' is missing in row 4"),
    (["--weights", "day"], 1, "column 'day' should hold numbers"),
    (["--weights", "patient", "--group", "patient"], 2, "cannot hold the weights and split the rows"),
    (["--keep", "ids"], 1, "no column 'ids'"),
    (["--keep", "cost"], 2, "cannot be the target and have another use"),
    (["--test-file", "{folder}/nothing.csv"], 3, "there is no file"),
    (["--validation-file", "{folder}/nothing.csv"], 3, "there is no file"),
    (["--test-file", "{folder}/few.csv"], 1, "few.csv: the table has no column 'dose'"),
    (["--validation-file", "{folder}/untold.csv"], 1, "untold.csv: the target 'cost' is missing in row 2"),
    (["--test-file", "{self}"], 2, "t.csv is the table itself: rows that are trained on say nothing about new ones"),
    (["--validation-file", "{self}"], 2, "t.csv is the table itself"),
    (["--group", "patient", "--test-file", "{folder}/light.csv"], 1, "is in the table as well, so its rows would"),
    (["--weights", "weight", "--test-file", "{folder}/light.csv"], 1, "light.csv: the table has no column 'weight'"),
]  # fmt: skip


@pytest.mark.parametrize(("options", "expected", "words"), BAD, ids=[" ".join(row[0]) for row in BAD])
def test_what_cannot_be_parted_so_is_refused_in_one_sentence(run, tmp_path, options, expected, words):
    table = visits()
    n = table.num_rows
    more = {
        "same": [1] * n,
        "half": ["a"] * (n - 1) + ["b"],
        "gaps": [None if i == 3 else i % 7 for i in range(n)],
        "negative": [-1 if i == 6 else 1 for i in range(n)],
        "zero": [0] * n,
    }
    for name, values in more.items():
        table = table.append_column(name, pa.array(values))
    file = write(tmp_path / "t.csv", table)
    write(tmp_path / "few.csv", table.drop_columns(["dose"]))
    write(tmp_path / "light.csv", table.drop_columns(["weight"]))
    untold = [None if i == 1 else 5.0 for i in range(n)]
    write(tmp_path / "untold.csv", table.set_column(5, "cost", pa.array(untold)))
    output = tmp_path / "m.clearprop"
    options = [option.format(self=file, folder=tmp_path) for option in options]
    code, out, err = run("train", file, "--target", "cost", "--output", output, *QUICK, *options)
    assert (code, out) == (expected, "")
    assert words in err
    assert err.count("\n") == 1
    assert not output.exists()


def test_a_class_that_no_network_learns_cannot_choose_the_best_epoch(run, tmp_path):
    file = write(tmp_path / "t.csv", pets(60))
    other = write(tmp_path / "o.csv", pa.table({"weight": [1.0, 2.0], "says": ["moo", "moo"], "kind": ["cow", "hen"]}))
    code, _, err = run("train", file, "--target", "kind", "--validation-file", other, *QUICK)
    assert code == 1
    assert "the class of 'kind' in row 2 is none of the table's" in err


def test_quantiles_are_cross_validated(trained, run, tmp_path):
    found = trained(visits(), "cost", "--folds", "3", "--ensemble", "1", "--quantiles", "0.1,0.9")
    mean = found["cross_validation"]["mean"]
    assert 0 <= mean["share_below of the quantile 0.1"] <= mean["share_below of the quantile 0.9"] <= 1
    assert mean["trivial_share_below of the quantile 0.1"] == pytest.approx(0.1)
    assert "pinball loss of the quantile 0.9" in run("inspect", tmp_path / "m.clearprop")[1]
    assert all(len(fold["quantiles"]) == 2 for fold in found["cross_validation"]["folds"])


def test_rows_of_a_test_file_that_are_not_later_are_told(tmp_path, trained):
    days = [f"{1 + n % 28:02}.{1 + n // 28:02}.2024" for n in range(60)]  # which is day and which month, few rows tell
    table = pa.table({"x": [float(n % 7) for n in range(60)], "day": days, "y": [n % 7 * 2.0 for n in range(60)]})
    early, later = write(tmp_path / "early.csv", table.slice(30, 15)), write(tmp_path / "later.csv", table.slice(56))
    asked = ["--time-column", "day", "--task", "regression", "--ensemble", "1"]
    notices = trained(table.slice(0, 40), "y", *asked, "--test-file", early)["notices"]
    assert any("early.csv: 10 of 15 rows are not later, by 'day', than the last row" in notice for notice in notices)
    for option in ("--test-file", "--validation-file"):
        found = trained(table.slice(0, 40), "y", *asked, option, later)
        assert not any("not later" in notice for notice in found["notices"])
