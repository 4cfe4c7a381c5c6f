# ruff: noqa: E501 (a sentence is one string)
"""English: a trained model."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "model": "The model and this row",
    "model_networks": "{target} is predicted by {n} networks, whose outputs are averaged. The one explained here is number {member}.",
    "model_networks_one": "{target} is predicted by one network, the one explained here.",
    "model_actual": "In this row {target} is {actual}.",
    "model_step_known": "The step is the one that its training would take with this row from here: by {rule}, with the settings of that training.",
    "model_step_assumed": "How it was trained is not known, so the step is one of plain {rule}.",
    "model_step_asked": "The step is one of {rule}, as was asked.",
    "model_input": "input",
    "model_meaning": "stands for",
    "model_value": "in the row",
    "model_number": "value",
    "model_output": "output",
    "model_class": "class",
    "model_missing": "missing",
    "how_scaled": "A number goes in minus the median of the training, divided by the interquartile range, and smoothly bounded; the median stands in for a missing one.",
    "how_bin": "“from … to …”: how far the number is through this range, from 0 (below it) to 1 (above it).",
    "how_category": "A category is 1 at its own input and 0 at the others.",
    "how_pair": "Two categories share one input: 1 for the one, −1 for the other.",
    "how_rare": "“another” is 1 for all categories that were too rare in training.",
    "how_truth": "True is 1, false is −1.",
    "how_circle": "A date also goes in as its place in the year, the week or the day: a point on a circle, sine and cosine.",
    "how_item": "Each item goes in minus its mean in training, divided by the standard deviation, and smoothly bounded.",
    "how_missing": "“is missing” is 1 where the value is missing, otherwise 0.",
    "model_probability": "The output is the probability of {label}.",
    "model_learns": "The network learns {target} minus its mean in training, {centre}, divided by its standard deviation, {scale}.",
    "model_learns_log": "The network learns the natural logarithm of {target}, minus its mean in training, {centre}, divided by its standard deviation, {scale}.",
    "answer": "What predict answers",
    "answer_dropout": "In the step of training above, neurons dropped out. To predict, all of them take part, so the outputs are others here.",
    "answer_mean": "The outputs of the {n} networks are averaged:",
    "answer_network": "no. {n}",
    "answer_average": "mean",
    "answer_tempered": "at T",
    "answer_temperature": "The probabilities are brought to the temperature T = {temperature}, which was found on rows that the networks had not learned from: each is raised to the power 1/T, and all are divided by their sum.",
    "answer_unit": "Back to the scale that was learned: {output}, times {scale}, plus {centre}, is {value}.",
    "answer_bounds": "No prediction lies outside the range of the training, {low} to {high}, so it becomes {value}.",
    "answer_log": "That is the logarithm of {target}; undone, it is e to the power {value}.",
    "answer_is": "predict answers: {target} = {answer}.",
    "answer_class": "predict answers the class of the greatest probability: {answer}.",
}  # fmt: skip
