"""A trained model's own part: where the inputs come from, and from the outputs to what `predict` answers."""

from __future__ import annotations

import re

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
    blocks.append(say("model_actual", target=found.target, actual=_value(found.actual, kit)))
    rule = kit.writer.term(trace.optimizer.name)
    blocks.append(say(f"model_step_{found.step}", rule=rule))
    if found.inputs:
        blocks += _inputs(trace, found.inputs, kit)
    if len(found.labels) > 1:
        outputs = f"a{trace.network.depth}"
        rows: list[list[Piece]] = [
            [Symbol(at(outputs, *_place(trace, k))), label] for k, label in enumerate(found.labels[:MOST_CLASSES])
        ]
        blocks.append(Table([kit.writer.words["model_output"], kit.writer.words["model_class"]], rows))
        blocks += _left_out(len(found.labels) - MOST_CLASSES, kit)
    elif trace.network.loss.natural_output == "logistic":
        blocks.append(say("model_probability", label=found.labels[0]))
    elif found.unit is not None:
        key = "model_learns_log" if found.unit.log else "model_learns"
        fields = {"centre": Number(found.unit.centre), "scale": Number(found.unit.scale)}
        blocks.append(say(key, target=found.target, **fields))
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
    if found.unit is not None:
        blocks += _back(found, kit)
    if found.unit is None and len(found.labels) > 1:
        blocks.append(say("answer_class", answer=_value(found.answer, kit)))
    else:
        blocks.append(say("answer_is", target=found.target, answer=_value(found.answer, kit)))
    return blocks


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
    if len(order) > MOST_CLASSES:
        order = np.argsort(-found.mean, kind="stable")[:MOST_CLASSES]
    rows: list[list[Piece]] = []
    for k in order:
        row: list[Piece] = [found.labels[k], *(Number(found.members[m][k]) for m in shown)]
        row += [Number(found.mean[k])] * several + [Number(found.probabilities[k])] * tempered
        rows.append(row)
    return [Table(head, rows), *_left_out(len(found.labels) - len(order), kit)]


def _back(found: Trained, kit: Kit) -> list[Block]:
    """From the output to the unit of the target."""
    unit, say = found.unit, kit.writer.say
    assert unit is not None
    numbers = {"output": found.mean[0], "scale": unit.scale, "centre": unit.centre, "value": unit.unbounded}
    blocks: list[Block] = [say("answer_unit", **{name: Number(value, finer=2) for name, value in numbers.items()})]
    if unit.learned != unit.unbounded:
        bounds = {"low": unit.low, "high": unit.high, "value": unit.learned}
        blocks.append(say("answer_bounds", **{name: Number(value, finer=2) for name, value in bounds.items()}))
    if unit.log:
        blocks.append(say("answer_log", target=found.target, value=Number(unit.learned, finer=2)))
    return blocks
