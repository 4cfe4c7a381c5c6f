"""Settings for all tests: Hypothesis draws the same examples on every machine and takes the time it needs.

``pytest --hypothesis-profile=long`` draws twenty times as many, new ones each time.
"""

from hypothesis import HealthCheck, settings

slow_is_fine = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("clearprop", derandomize=True, max_examples=50, **slow_is_fine)
settings.register_profile("long", max_examples=1000, **slow_is_fine)
settings.load_profile("clearprop")
