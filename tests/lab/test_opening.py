"""What `clearprop lab` opens: cases, tables, models with their tables, networks with rows."""

import numpy as np
import pytest

from asking import Asking
from clearprop import Network, save
from clearprop.errors import ClearpropError
from clearprop.explain import CASES
from clearprop.formulas import SGD
from clearprop.job import Job
from clearprop.lab.making import of_numbers
from clearprop.lab.opening import first_project, open_files
from clearprop.lab.project import Project
from clearprop.network import Dense, NumberEmbedding, forward
from clearprop.tabular.model import TableModel


@pytest.mark.parametrize("name", CASES)
def test_every_case_is_opened_as_its_texts_have_it(name):
    from clearprop.explain import case

    asking, trace = Asking(first_project(name)), case(name).trace()
    asking.post("step", grain="update")
    for site in trace:
        assert np.array_equal(asking.workspace.trace()[site].value, trace[site].value), site


def test_a_model_is_opened_with_its_table(trained):
    for name, target in (("flats", "rent"), ("pets", "kind")):
        path = trained / f"{name}.clearprop"
        made = open_files(path, trained / f"{name}.csv", None)
        model = TableModel.load(path)
        assert np.array_equal(made.initial, model.thetas[0].astype(np.float64))
        assert made.rows.table is not None
        table = model.read(trained / f"{name}.csv").table
        outputs = model.member_outputs(table)[0]
        own = forward(made.network, made.parameters, made.rows.X).a[-1]
        assert np.allclose(own, outputs, atol=1e-5)
        asking = Asking(made)
        assert asking.get("rows", count=1)["rows"][0]["raw"]
        assert asking.post("step", grain="backward")["values"]["delta1"] is not None
        assert open_files(path, None, None).rows.name == f"{name}.csv"
        with pytest.raises(ClearpropError, match="target"):
            open_files(path, None, target)


def test_a_table_is_opened_with_its_target(trained):
    made = open_files(trained / "flats.csv", None, "rent")
    assert made.rows.task == "regression"
    assert len(made.rows.X) > made.rows.n_training
    with pytest.raises(ClearpropError, match="target"):
        open_files(trained / "flats.csv", None, None)
    with pytest.raises(ClearpropError, match="second file"):
        open_files(trained / "flats.csv", trained / "pets.csv", "rent")
    with pytest.raises(ClearpropError):
        open_files(trained / "flats.csv", None, "colour")


def test_a_network_is_opened_with_rows_of_its_own_or_of_a_file(tmp_path):
    network = Network.mlp([2, 3, 3], loss="cross_entropy")
    save(tmp_path / "n.clearprop", network, network.initial(seed=1))
    made = open_files(tmp_path / "n.clearprop", None, None)
    assert "drawn at random" in " ".join(made.rows.notes)
    (tmp_path / "rows.csv").write_text("a,b,c\n" + "".join(f"{k / 10},{k % 3},{k % 3}\n" for k in range(12)))
    made = open_files(tmp_path / "n.clearprop", tmp_path / "rows.csv", None)
    assert made.rows.Y.sum(axis=1).tolist() == [1.0] * 12
    (tmp_path / "bad.csv").write_text("a,b,c\n" + "".join(f"{k},x,{k}\n" for k in range(12)))
    with pytest.raises(ClearpropError, match="numbers"):
        open_files(tmp_path / "n.clearprop", tmp_path / "bad.csv", None)
    (tmp_path / "wide.csv").write_text("a,b,c,d\n" + "".join(f"{k},1,2,{k}\n" for k in range(12)))
    with pytest.raises(ClearpropError, match="inputs"):
        open_files(tmp_path / "n.clearprop", tmp_path / "wide.csv", None)
    wide = Network.mlp([2, 600, 1])
    save(tmp_path / "wide.clearprop", wide, wide.initial(seed=1))
    with pytest.raises(ClearpropError, match="512"):
        open_files(tmp_path / "wide.clearprop", None, None)


def test_a_network_that_the_lab_cannot_draw_is_refused_by_its_layer():
    rows = of_numbers("drawn", "d", np.zeros((6, 2)) + np.arange(6)[:, None], np.arange(6.0)[:, None], 0.0, {})
    network = Network((NumberEmbedding.of(2, (0,), 3), Dense(5, 1, "identity")), "half_squared_error")
    with pytest.raises(ClearpropError, match=r"layer 1 of this network is a NumberEmbedding \(3 waves of each of 1\)"):
        Project.of(rows, network, network.initial(0).theta, Job(network, SGD()))
