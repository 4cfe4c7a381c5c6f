"""Searches over the parameters of estimators, in scikit-learn's manner, with all fits side by side.

`SearchCV` tries every candidate on all rows, `HalvingSearchCV` many on a few and the best of them on more.
"""

from clearprop.search.every import SearchCV
from clearprop.search.halving import HalvingSearchCV

__all__ = ["HalvingSearchCV", "SearchCV"]
