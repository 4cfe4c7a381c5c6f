"""A trained model's own part: where the inputs come from, and from the outputs to what `predict` answers."""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from clearprop.explain.sections.kit import Kit
from clearprop.explain.trained import Trained
from clearprop.explain.words import Words
from clearprop.explain.writing.document import Block, Bullets, Number, Paragraph, Piece, Table
from clearprop.formulas import Symbol
from clearprop.tables.origin import Origin
from clearprop.trace.names import at
from clearprop.trace.trace import Trace

# How an encoder names an input after its column, by kind.
NAMES = {
    "missing": " is missing", "rare": ": another", "bin": r" from (\S+) to (\S+)", "pair": r": (.*) \(or (.*)\)",
    "circle": ": (sine|cosine) of its (.*)", "category": ": (.*)",
}  # fmt: skip
MOST_INPUTS, MOST_CLASSES, MOST_NETWORKS = 40, 12, 6  # shown one by one


def model(trace: Trace, kit: Kit) -> list[Block]:
    """Which network of which model is shown, and what its inputs and outputs stand for."""
    found = trace.trained
    if found is None:
        return []
    say = kit.writer.say
    blocks: list[Block] = [kit.writer.heading("model")]
    blocks.append(say("model_networks", n=len(found.members), target=found.target, member=found.member + 1))
    if not _are_several_numbers(found):
        blocks.append(say("model_actual", target=found.target, actual=_answer(found, found.actual, kit)))
    rule = kit.writer.term(trace.optimizer.name)
    blocks.append(say(f"model_step_{found.step}", rule=rule))
    if found.inputs:
        blocks += _inputs(trace, found.inputs, kit)
    return [*blocks, *_meanings(trace, found, kit)]


def _are_several_numbers(found: Trained) -> bool:
    return found.kind == "numbers" and len(found.labels) > 1


def _meanings(trace: Trace, found: Trained, kit: Kit) -> list[Block]:
    """What each output stands for."""
    say, words = kit.writer.say, kit.writer.words
    blocks: list[Block] = []
    if len(found.labels) > 1:
        head: list[Piece] = [words["model_output"], words[f"model_{found.kind}"]]
        rows: list[list[Piece]] = [
            [Symbol(at(f"a{trace.network.depth}", *_place(trace, k))), label]
            for k, label in enumerate(found.labels[:MOST_CLASSES])
        ]
        if found.kind == "numbers":
            head.append(words["model_value"])
            rows = [[*row, _value(actual, kit)] for row, actual in zip(rows, np.ravel(found.actual), strict=False)]
        blocks += [Table(head, rows), *_left_out(len(found.labels) - MOST_CLASSES, kit)]
    if found.kind == "labels":
        blocks.append(say("model_probabilities"))
    elif found.kind == "class" and len(found.labels) == 1 and trace.network.loss.natural_output == "logistic":
        blocks.append(say("model_probability", label=found.labels[0]))
    elif found.units:
        unit, several = found.units[0], "_each" if len(found.units) > 1 else ""
        fields = {"target": found.target, "centre": Number(unit.centre), "scale": Number(unit.scale)}
        is_count = trace.network.loss.natural_output == "exp" and not several
        how = "_count" if is_count else "_log" if unit.log else ""
        blocks.append(say(f"model_learns{several}{how}", **fields))
    return blocks


def _place(trace: Trace, k: int) -> tuple[int, ...]:
    """The place of number k of a layer in the trace's arrays."""
    return (0, k) if trace.is_batch else (k,)


def _inputs(trace: Trace, inputs: tuple[Origin, ...], kit: Kit) -> list[Block]:
    words = kit.writer.words
    values = trace["a0"].value.ravel()
    rows: list[list[Piece]] = [
        [
            Symbol(at("a0", *_place(trace, k))),
            named(origin, words),
            words["model_missing"] if origin.value is None else _value(origin.value, kit),
            Number(values[k]),
        ]
        for k, origin in enumerate(inputs[:MOST_INPUTS])
    ]
    head = [words[f"model_{name}"] for name in ("input", "meaning", "value", "number")]
    kinds = dict.fromkeys(origin.kind for origin in inputs if origin.kind)
    how = [kit.writer.sentence(f"how_{kind}") for kind in kinds]
    blocks: list[Block] = [Table(list(head), rows), *_left_out(len(inputs) - MOST_INPUTS, kit)]
    return [*blocks, Bullets(how)] if how else blocks


def named(origin: Origin, words: Words) -> str:
    """What an input is called, in the reader's language."""
    pattern = NAMES.get(origin.kind)
    found = re.fullmatch(pattern, origin.name.removeprefix(origin.column)) if pattern else None
    if found is None:
        return origin.name
    parts = [words.get(f"name_{part}", part) if origin.kind == "circle" else part for part in found.groups()]
    return words[f"name_{origin.kind}"].format(*parts, column=origin.column)


def _answer(found: Trained, value: Any, kit: Kit) -> Piece:
    """One number or class, or the labels of which it says 1."""
    if found.kind != "labels":
        return _value(value, kit)
    named = [label for label, says in zip(found.labels, np.ravel(value), strict=False) if says]
    return ", ".join(named) or kit.writer.words["model_no_label"]


def _left_out(count: int, kit: Kit) -> list[Block]:
    return [Paragraph((kit.writer.words["left_out"].format(count=f"{count:,}"),))] if count > 0 else []


def _value(value: object, kit: Kit) -> Piece:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return Number(value, finer=3) if is_number else str(value)


def answer(trace: Trace, kit: Kit) -> list[Block]:
    """The outputs of all networks, their mean, the way back to the target's unit, and the prediction."""
    found = trace.trained
    if found is None:
        return []
    say = kit.writer.say
    blocks: list[Block] = [kit.writer.heading("answer")]
    if trace.setting.mask:
        blocks.append(say("answer_dropout"))
    if len(found.members) > 1:
        blocks.append(say("answer_mean", n=len(found.members)))
    if len(found.members) > 1 or len(found.labels) > 1:
        blocks += _outputs(found, kit)
    if found.temperature != 1:
        blocks.append(say("answer_temperature", temperature=Number(found.temperature, finer=2)))
    if found.units:
        blocks += _back(found, kit)
    says = {"answer": _answer(found, found.answer, kit), "target": found.target}
    if found.threshold != 0.5:
        says |= {"second": found.labels[1], "threshold": Number(found.threshold, finer=2)}
        return [*blocks, say("answer_threshold", **says)]
    return [*blocks, say(_key_of_answer(trace, found), **says)]


def _key_of_answer(trace: Trace, found: Trained) -> str:
    """The sentence that says what `predict` makes of the outputs."""
    if found.kind == "labels":
        return "answer_labels"
    if len(found.labels) == 1:
        return "answer_is"
    if found.kind == "numbers":
        return "answer_numbers"
    return "answer_class" if trace.network.layers[-1].activation.name == "softmax" else "answer_greatest"


def _outputs(found: Trained, kit: Kit) -> list[Block]:
    """A row for each output, a column for each network, then their mean."""
    words = kit.writer.words
    shown = list(range(len(found.members)))
    if len(shown) > MOST_NETWORKS:
        shown = sorted({*range(MOST_NETWORKS - 1), found.member})
    several, tempered = len(found.members) > 1, found.temperature != 1
    head: list[Piece] = [words["model_output"], *(words["answer_network"].format(n=m + 1) for m in shown)]
    head += [words["answer_average"]] * several + [words["answer_tempered"]] * tempered
    order = np.arange(len(found.labels))
    if found.kind != "numbers" and len(order) > MOST_CLASSES:
        order = np.argsort(-found.mean, kind="stable")
    order = order[:MOST_CLASSES]
    rows: list[list[Piece]] = []
    for k in order:
        row: list[Piece] = [found.labels[k], *(Number(found.members[m][k]) for m in shown)]
        row += [Number(found.mean[k])] * several + [Number(found.probabilities[k])] * tempered
        rows.append(row)
    return [Table(head, rows), *_left_out(len(found.labels) - len(order), kit)]


def _back(found: Trained, kit: Kit) -> list[Block]:
    """From the outputs to the units of the targets."""
    (unit, *others), say = found.units, kit.writer.say
    if others:
        return _each_back(found, kit)
    numbers = {"output": found.mean[0], "scale": unit.scale, "centre": unit.centre, "value": unit.unbounded}
    blocks: list[Block] = [say("answer_unit", **{name: Number(value, finer=2) for name, value in numbers.items()})]
    if unit.learned != unit.unbounded:
        bounds = {"low": unit.low, "high": unit.high, "value": unit.learned}
        blocks.append(say("answer_bounds", **{name: Number(value, finer=2) for name, value in bounds.items()}))
    if unit.log:
        blocks.append(say("answer_log", target=found.target, value=Number(unit.learned, finer=2)))
    return blocks


def _each_back(found: Trained, kit: Kit) -> list[Block]:
    """The same for several targets: a row for each."""
    is_log, words = found.units[0].log, kit.writer.words
    names = ("model_numbers", "answer_output", "raw_deviation", "raw_mean", "answer_learned", "answer_predict")
    rows: list[list[Piece]] = []
    for label, output, unit, answer in zip(found.labels, found.mean, found.units, found.answer, strict=True):
        way = [output, unit.scale, unit.centre, *([unit.learned] if is_log else []), answer]
        rows.append([label, *(Number(value, finer=3) for value in way)])
    head = [words[name] for name in names if is_log or name != "answer_learned"]
    how = kit.writer.say("answer_units_log" if is_log else "answer_units")
    return [how, Table(head, rows[:MOST_CLASSES]), *_left_out(len(rows) - MOST_CLASSES, kit)]
