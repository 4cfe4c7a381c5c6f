"""Loss curves and the flow of gradients: what is drawn is what the records and the traces hold."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.exceptions import NotFittedError
from sklearn.neural_network import MLPRegressor as Theirs

from clearprop import Epoch, MLPClassifier
from clearprop.errors import InputError, UnknownNameError
from clearprop.explain import case
from clearprop.plots import GradientFlowDisplay, LossCurveDisplay, NetworkDisplay
from clearprop.plots.pictures import pictured

TRAINED = ("classifier", "regressor", "pipeline", "tabular_classifier", "tabular_regressor")


def history_of(model):
    return (model[-1] if hasattr(model, "steps") else model).history_


@pytest.mark.parametrize("kind", TRAINED)
def test_the_curve_is_the_record(models, kind):
    display = LossCurveDisplay.from_estimator(models[kind])
    history = history_of(models[kind])
    for score, line in display.lines_.items():
        measured = [epoch for epoch in history if score == "loss" or score in epoch.scores]
        values = [epoch.loss if score == "loss" else epoch.scores[score] for epoch in measured]
        assert line.get_ydata().tolist() == values
        assert line.get_xdata().tolist() == [epoch.n for epoch in measured]
    assert ("validation_loss" in display.lines_) == ("validation_loss" in history[0].scores)
    assert display.figure_ is display.ax_.figure


def test_lines_differ_without_colour(models):
    display = LossCurveDisplay.from_estimator(
        models["classifier"], scores=["loss", "validation_loss", "validation_score"]
    )
    looks = {(line.get_linestyle(), line.get_marker()) for line in display.lines_.values()}
    assert len(looks) == 3
    assert [text.get_text() for text in display.ax_.get_legend().get_texts()][:2] == [
        "training loss",
        "validation loss",
    ]


def test_the_epoch_whose_weights_were_kept_is_marked(models):
    model = models["classifier"]
    display = LossCurveDisplay.from_estimator(model)
    best = max(model.history_, key=lambda epoch: epoch.scores["validation_score"])
    assert display.best_line_.get_xdata()[0] == display.best_epoch
    assert best.scores["validation_score"] == model.history_[display.best_epoch - 1].scores["validation_score"]
    assert LossCurveDisplay.from_estimator(models["regressor"]).best_line_ is None


def test_several_trainings_share_axes_and_keep_their_names(models):
    _, ax = plt.subplots()
    LossCurveDisplay.from_estimator(models["regressor"], ax=ax, name="one")
    second = LossCurveDisplay.from_estimator(models["pipeline"], ax=ax, name="two", linewidth=3)
    assert second.ax_ is ax
    assert [line.get_label() for line in ax.lines] == ["one, training loss", "two, training loss"]
    assert ax.lines[0].get_linestyle() != ax.lines[1].get_linestyle()
    assert ax.lines[1].get_linewidth() == 3


def test_the_same_numbers_are_the_same_bytes():
    history = [Epoch(n, 1 / n, (0.1, 3.0 / n), 0.1, 0.0, n) for n in range(1, 9)]
    trace = case("xor").trace()

    def draw(ax):
        LossCurveDisplay.from_history(history, ax=ax)
        NetworkDisplay.from_trace(trace, ax=ax)
        ax.scatter(range(9), range(9), rasterized=True)

    assert pictured(draw) == pictured(draw)


@pytest.mark.parametrize("kind", TRAINED)
def test_the_gradients_are_the_record(models, kind):
    display = GradientFlowDisplay.from_estimator(models[kind])
    norms = np.array([epoch.gradient_norms for epoch in history_of(models[kind])])
    drawn = np.array([line.get_ydata() for line in display.lines_.values()])
    np.testing.assert_array_equal(drawn, norms.T)
    assert display.ax_.get_yscale() == "log"


def test_a_layer_that_gets_hardly_any_gradient_is_named():
    history = [Epoch(n, 1.0, (1e-5, 3.0, 0.02), 0.1, 0.0, n) for n in (1, 2)]
    display = GradientFlowDisplay.from_history(history)
    assert list(display.lines_) == [
        "layer 1: vanishing, 1/2,000 of layer 3", "layer 2: exploding, 150 × layer 3", "layer 3",
    ]  # fmt: skip
    assert display.vanishing == {1: pytest.approx(2000)}
    none = GradientFlowDisplay.from_history([Epoch(1, 1.0, (0.0, 0.0), 0.1, 0.0, 1)])
    assert none.ax_.get_yscale() == "linear"


@pytest.mark.parametrize("name", ["mazur", "xor", "logistic_regression"])
def test_the_norms_of_a_step_are_those_of_its_trace(name):
    trace = case(name).trace()
    display = GradientFlowDisplay.from_trace(trace)
    layers = range(1, trace.network.depth + 1)
    for name, site in (("‖δ‖", "delta"), ("‖∂C/∂W‖", "dW")):
        expected = [np.linalg.norm(trace[f"{site}{l}"].value) for l in layers]
        assert display.lines_[name].get_ydata() == pytest.approx(expected)
    assert display.lines_["‖δ‖"].get_xdata().tolist() == list(layers)


@pytest.mark.parametrize("kind", [LossCurveDisplay, GradientFlowDisplay])
def test_what_has_no_record_says_so(models, rows, kind):
    with pytest.raises(NotFittedError):
        kind.from_estimator(MLPClassifier())
    with pytest.raises(InputError, match=r"this Imported was not trained here, so it has no record of a training"):
        kind.from_estimator(models["imported"])
    with pytest.raises(InputError, match="has its initial weights: no epoch has ended"):
        kind.from_estimator(MLPClassifier((2,), random_state=0).initialize(*rows))
    with pytest.raises(InputError, match=r"not of a MLPRegressor; clearprop.from_sklearn brings it in"):
        kind.from_estimator(Theirs(max_iter=500, tol=0.1).fit(rows[0], rows[0][:, 0]))
    with pytest.raises(InputError, match=r"pictures are drawn of an MLPClassifier.*, not of a str"):
        kind.from_estimator("model.clearprop")
    with pytest.raises(InputError, match="no record of an epoch"):
        kind.from_history([])


def test_scores_that_there_are_not(models):
    with pytest.raises(UnknownNameError, match="did you mean 'validation_score'"):
        LossCurveDisplay.from_estimator(models["classifier"], scores=["validation_scores"])
    for scores in ("loss", []):
        with pytest.raises(InputError, match=r"a sequence of names, as scores=\['loss'\], not"):
            LossCurveDisplay.from_estimator(models["classifier"], scores=scores)
