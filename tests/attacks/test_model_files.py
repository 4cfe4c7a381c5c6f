"""Thousands of spoilt model files, loaded in every way there is, and used where they load: refused, or harmless."""

import contextlib
import warnings
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from mutations import spoilt_model
from watching import Watch, ended_at_last

from clearprop import MLPClassifier, MLPRegressor, Network, TabularClassifier, TabularRegressor, forward, load, save
from clearprop.cli.app import exit_code
from clearprop.errors import ClearpropError, ModelFileError
from clearprop.formulas import Activation, exp
from clearprop.tabular.model import TableModel
from sample_tables import flats, pets

LONGEST = 5.0  # seconds that one file may take, load and use together
SMALL = {"hidden_layer_sizes": (3,), "max_iter": 2, "random_state": 0, "engine": "reference"}
TABLE = {"hidden_layer_sizes": 3, "max_iter": 2, "random_state": 0, "ensemble": 1, "engine": "reference"}
THEIRS = ("X has ", "The feature names should match", "Found array", "Input X")  # sentences of scikit-learn, of X


class Bump(Activation):
    """A user's own formula."""

    width: float = 1.0

    def value(z, width):
        return exp(-((z / width) ** 2))


def use_network(model):
    with np.errstate(all="ignore"):
        forward(model.network, model.parameters, np.ones((2, model.network.widths[0])))
    model.network.n_parameters  # noqa: B018
    save(SCRATCH / "again", model.network, model.parameters, model.details)


def use_estimator(model):
    X = np.linspace(-1, 1, 12).reshape(3, 4)
    model.predict(X)
    repr(model), model.get_params()
    model.save(SCRATCH / "again")


def use_tabular(model):
    X = flats(5).drop_columns(["rent"])
    model.predict(X)
    repr(model), model.get_params()
    model.save(SCRATCH / "again")


def use_table(model):
    for table in (flats(5), pets(5)):
        with contextlib.suppress(ClearpropError):
            model.predict(table)
            model.evaluate(table)
    [step.describe() for step in model.encoder.steps]
    model.save(SCRATCH / "again")


@pytest.fixture(scope="module")
def kinds(tmp_path_factory, trained):
    """Every way of loading: a whole file, what reads it, and what uses what was read."""
    global SCRATCH
    SCRATCH = tmp_path_factory.mktemp("scratch")
    with warnings.catch_warnings():
        return all_kinds(trained)


def all_kinds(trained):
    draw = np.random.default_rng(0)
    X, codes = draw.standard_normal((30, 4)), np.arange(30) % 3
    names = np.array(["ant", "bee", "cow"])[codes]
    network = Network.mlp([4, 3, 2], hidden=Bump(2.0))
    made = {}
    save(SCRATCH / "m", network, [network.initial(seed=seed) for seed in range(2)], {"classes": ["a", "b"]})
    made["network"] = (SCRATCH / "m").read_bytes(), load, use_network
    warnings.simplefilter("ignore")  # of trainings of two epochs: that they are too short
    models = {
        "texts": MLPClassifier(**SMALL).fit(X, names),
        "two": MLPClassifier(**SMALL, class_weight={0: 2.0}).fit(X, codes > 0),
        "labels": MLPClassifier(**SMALL, activation=[Bump()]).fit(X, np.stack([codes > 0, codes > 1], axis=1)),
        "numbers": MLPRegressor("huber", **SMALL, learning_rate="cosine").fit(X, X[:, :2]),
    }
    for name, model in models.items():
        model.save(SCRATCH / "m")
        made[name] = (SCRATCH / "m").read_bytes(), type(model).load, use_estimator
    frame = flats(60).to_pandas()
    inputs, y = frame[["size", "district", "balcony"]], frame["rent"]
    tabular = [TabularClassifier(**TABLE).fit(inputs, y > y.median()),
               TabularRegressor(**TABLE, quantiles=(0.1, 0.9)).fit(inputs, y)]  # fmt: skip
    for model in tabular:
        model.save(SCRATCH / "m")
        made[type(model).__name__] = (SCRATCH / "m").read_bytes(), type(model).load, use_tabular
    for name in ("flats", "pets"):
        made[name] = (trained / f"{name}.clearprop").read_bytes(), TableModel.load, use_table
    return made


def attack(kinds, n_files, seed):
    """Load and use spoilt files; how each ended, and a sentence for each that ended as it must not."""
    outcomes, faults = Counter(), []
    path = SCRATCH / "spoilt.clearprop"
    for number in range(n_files):
        name = list(kinds)[number % len(kinds)]
        content, read, use = kinds[name]
        path.write_bytes(spoilt_model(content, np.random.default_rng([seed, number])))
        watch = Watch()
        with ended_at_last():
            outcome, fault = became_of(path, read, use)
        outcomes[outcome] += 1
        if fault:
            faults.append(f"{name} {number}: {fault}")
        if (seconds := watch.seconds()) > LONGEST:
            faults.append(f"{name} {number}: took {seconds:.1f} s")
    return outcomes, faults


def became_of(path, read, use):
    """A word for how one file ended, and a sentence where it ended as it must not."""
    step = "load"
    try:
        model = read(path)
        step = "use"
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # numbers may overflow: nobody said that they are good
            use(model)
    except ModelFileError as error:
        unfit = len(str(error)) > 700 or not str(error).isprintable()
        return "refused", f"a message of {len(str(error))} characters: {str(error)[:200]!r}" if unfit else None
    except ClearpropError:
        return "refused in use", "load raised another error than ModelFileError" if step == "load" else None
    except Exception as error:
        if step == "use" and isinstance(error, ValueError) and str(error).startswith(THEIRS):
            return "refused in use", None
        place = error.__traceback__
        while place.tb_next is not None:
            place = place.tb_next
        where = f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}"
        return "foreign", f"{step}: {type(error).__name__}: {str(error)[:150]} ({where})"
    return "used", None


def show(outcomes, faults):
    print(dict(outcomes), f"{len(faults)} faults")  # noqa: T201
    assert not faults, "\n".join(faults[:40])


def test_spoilt_model_files_are_refused_or_harmless(kinds):
    outcomes, faults = attack(kinds, 900, seed=1)
    show(outcomes, faults)
    assert outcomes["refused"] > 200
    assert outcomes["used"] > 20


@pytest.mark.torture
def test_twenty_thousand_spoilt_model_files(kinds, figure):
    outcomes, faults = attack(kinds, 22_500, seed=2)
    figure("spoilt model files, used where they load", f"22,500, {outcomes['refused']:,} refused, {len(faults)} faults")
    show(outcomes, faults)


def test_spoilt_models_on_the_command_line(kinds, trained, capfd):
    """`inspect`, `evaluate` and `predict` end with a code of the table, and without a word of Python's."""
    path = SCRATCH / "spoilt.clearprop"
    for number in range(120):
        name = ("flats", "pets")[number % 2]
        path.write_bytes(spoilt_model(kinds[name][0], np.random.default_rng([3, number])))
        for command in (["inspect"], ["evaluate", f"{trained}/{name}.csv"], ["predict", f"{trained}/{name}.csv"]):
            code = exit_code([command[0], str(path), *command[1:]])
            out, err = capfd.readouterr()
            assert code in (0, 1, 3), (number, command, err)
            assert "fault of clearprop" not in err, (number, command, err)
            assert command[0] == "predict" or all(c.isprintable() or c == "\n" for c in out + err), (number, out + err)
