import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.plots import AttributionDisplay
from clearprop.tabular import Attributions


def test_the_bars_of_a_row_are_its_parts_and_negative_ones_are_hatched(models, flowers):
    frame, _ = flowers
    model = models["tabular_classifier"]
    display = AttributionDisplay.from_estimator(model, frame[:3], row=1)
    found = model.attributions(frame[:3])
    assert sorted(display.values_) == pytest.approx(sorted(found.parts[1]))
    assert [bar.get_hatch() is not None for bar in display.bars_] == [value < 0 for value in display.values_]
    texts = [label.get_text() for label in display.ax_.get_yticklabels()]
    assert any(r"\$" in text for text in texts)
    assert display.ax_.get_xlabel().startswith("probability of ")


def test_of_many_columns_the_smallest_are_drawn_as_one():
    parts = np.arange(20.0)[None] - 10
    found = Attributions(tuple(f"c{k}" for k in range(20)), parts, parts.sum(axis=1), np.zeros(1), ("y",), {}, "y")
    display = AttributionDisplay(found, row=0).plot()
    assert display.names_[-1] == "5 others together"
    assert display.values_.sum() == parts.sum()


def test_what_has_no_columns_of_a_table_is_refused(models, rows):
    with pytest.raises(InputError, match="not of a MLPClassifier"):
        AttributionDisplay.from_estimator(models["classifier"], rows[0])
    found = Attributions(("c",), np.ones((1, 1)), np.ones(1), np.zeros(1), ("y",), {}, "y")
    with pytest.raises(InputError, match="row must be from 0 to 0, not 5"):
        AttributionDisplay(found, row=5).plot()
