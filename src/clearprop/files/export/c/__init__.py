"""A program as C99: one .c and one .h, for whatever has a C compiler, microcontrollers above all."""

from clearprop.files.export.c.source import write

__all__ = ["write"]
