import pytest

from clearprop.errors import InputError
from clearprop.tabular.settings import TableSettings


@pytest.mark.parametrize("settings", [{"task": "guess"}, {"test": -0.1}, {"epochs": -1}, {"time_limit": float("inf")}])
def test_settings_that_cannot_be(settings):
    with pytest.raises(InputError):
        TableSettings(**settings)
