"""From seconds to minutes: what each `quality` takes for the settings that nobody gave.

A setting that is given wins over the level's. Level 3 is the default. Measured: docs/decisions/0031.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from clearprop.errors import InputError

DEFAULT = 3


class Level(NamedTuple):
    """What a quality stands for.

    Attributes
    ----------
    networks, networks_of_many : int
        How many networks, for tables of up to `MOST_ROWS_OF_ENSEMBLE` rows and for larger ones.
    updates : int
        At least so many are planned, where the most epochs allow it.
    fewest_epochs, most_epochs : int
    recipes : int
        From how many recipes networks are chosen: see `clearprop.tabular.choosing`.
    """

    networks: int
    networks_of_many: int
    updates: int
    fewest_epochs: int
    most_epochs: int
    recipes: int = 1


LEVELS: Mapping[int, Level] = {
    1: Level(networks=1, networks_of_many=1, updates=750, fewest_epochs=14, most_epochs=32),
    2: Level(networks=2, networks_of_many=1, updates=1500, fewest_epochs=20, most_epochs=64),
    3: Level(networks=4, networks_of_many=1, updates=3000, fewest_epochs=40, most_epochs=128),
    4: Level(networks=4, networks_of_many=1, updates=3000, fewest_epochs=40, most_epochs=128, recipes=3),
    5: Level(networks=4, networks_of_many=1, updates=3000, fewest_epochs=40, most_epochs=128, recipes=6),
}
MOST_ROWS_OF_ENSEMBLE = 20_000  # larger tables get fewer networks: they need them less, and it takes longer


def level(quality: object) -> Level:
    """The level of this quality.

    Raises
    ------
    InputError
        For anything but a whole number from 1 to 5.

    Examples
    --------
    >>> from clearprop.tabular.quality import level
    >>> level(1).networks, level(3).networks
    (1, 4)
    """
    if isinstance(quality, bool) or quality not in LEVELS:
        raise InputError(
            f"quality must be a whole number from 1, the quickest, to {max(LEVELS)}, the best, not {quality!r}"
        )
    return LEVELS[int(quality)]  # type: ignore[call-overload]
