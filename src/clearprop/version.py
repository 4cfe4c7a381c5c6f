"""The version of clearprop, which model files name."""

__version__ = "0.1.0"
