"""From networks to files: the model file, safetensors with JSON metadata and no code."""

from clearprop.files.contents import is_model_file
from clearprop.files.model_file import Model, load, save

__all__ = ["Model", "is_model_file", "load", "save"]
