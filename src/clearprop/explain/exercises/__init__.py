"""Exercises: sheets with blanks or with planted mistakes, for one learner or a class, and their marks."""

from clearprop.explain.exercises.classes import ClassSet, StudentSheet, exercise_class, read_names
from clearprop.explain.exercises.drawing_numbers import random_case
from clearprop.explain.exercises.exercise import Exercise, exercise
from clearprop.explain.exercises.marks import ClassReport, Marks, mark_folder
from clearprop.explain.exercises.planted import PlantedMistake, planted_mistake

__all__ = [
    "ClassReport",
    "ClassSet",
    "Exercise",
    "Marks",
    "PlantedMistake",
    "StudentSheet",
    "exercise",
    "exercise_class",
    "mark_folder",
    "planted_mistake",
    "random_case",
    "read_names",
]
