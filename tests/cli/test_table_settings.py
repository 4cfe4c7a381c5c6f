import pytest

from clearprop.cli.table_settings import TableSettings
from clearprop.errors import InputError


@pytest.mark.parametrize("settings", [{"task": "guess"}, {"test": 0}, {"epochs": -1}, {"time_limit": float("inf")}])
def test_settings_that_cannot_be(settings):
    with pytest.raises(InputError):
        TableSettings(**settings)
