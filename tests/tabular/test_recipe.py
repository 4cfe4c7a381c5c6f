import pytest

from clearprop.tables import Reading
from clearprop.tabular import recipe
from clearprop.tabular.preparation import prepare
from clearprop.tabular.quality import LEVELS
from clearprop.tabular.settings import TableSettings
from sample_tables import flats, pets


def test_few_bins_of_a_number_are_for_numbers_only():
    rents = prepare(Reading(flats(1000)), TableSettings(target="rent"))
    kinds = prepare(Reading(pets(1000)), TableSettings(target="kind"))
    assert len(rents.encoder.steps[0].edges) == 1 + 800 // 200
    assert kinds.encoder.steps[0].edges == ()
    many = prepare(Reading(pets(2100)), TableSettings(target="kind"))
    assert len(many.encoder.steps[0].edges) == 1 + 1680 // 200


@pytest.mark.parametrize(("loss", "n_rows", "drops"), [
    ("cross_entropy", 100, True), ("cross_entropy", 50_000, True),
    ("half_squared_error", 10_000, True), ("half_squared_error", 10_001, False),
])  # fmt: skip
def test_where_there_is_dropout(loss, n_rows, drops):
    settings = TableSettings()
    job = recipe.job(recipe.network(5, 2, loss, settings), n_rows, settings, seed=0)
    assert job.dropout == ((0.0, 0.15, 0.15, 0.15) if drops else ())


def test_no_hidden_layer_has_no_dropout():
    settings = TableSettings(hidden=())
    assert recipe.job(recipe.network(5, 2, "cross_entropy", settings), 100, settings, seed=0).dropout == ()


@pytest.mark.parametrize("n_rows", [2, 63, 64, 1000, 5000, 10**6])
def test_batches_and_epochs_stay_within_bounds(n_rows):
    assert recipe.SMALLEST_BATCH <= recipe.batch_size(n_rows) <= recipe.LARGEST_BATCH
    for quality, level in LEVELS.items():
        epochs = recipe.n_epochs(n_rows, TableSettings(quality=quality), recipe.batch_size(n_rows))
        assert level.fewest_epochs <= epochs <= level.most_epochs
    assert recipe.n_epochs(n_rows, TableSettings(epochs=7), 64) == 7
