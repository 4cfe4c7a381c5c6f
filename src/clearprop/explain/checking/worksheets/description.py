"""What a sheet says of its network, before any numbers: its settings, its notation, its widths."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.cases import CASES, case
from clearprop.explain.checking.worksheets.faults import Faults, fault
from clearprop.explain.checking.worksheets.given import widths_from
from clearprop.explain.checking.worksheets.lines import Found, StepMark
from clearprop.explain.checking.worksheets.names import notation_named
from clearprop.explain.checking.worksheets.optimizing import named
from clearprop.explain.checking.worksheets.settings import (
    ACTIVATION_WORDS,
    FORMULAS,
    LOSS_WORDS,
    SETTINGS,
    tidy_value,
)
from clearprop.explain.checking.worksheets.statements import Statement
from clearprop.explain.words.message import Message, setting_named
from clearprop.formulas import ACTIVATIONS

OF_ALL = "activation"  # how a sheet calls an activation without saying of which layer
NO_BIASES = re.compile(r"\b(?:no|without) bias|[无没不](?:有|带|含|用)?偏置")
NO_ACTIVATION = re.compile(r"\b(?:no|without) (?:an )?activation|[无没不](?:有|带|含|用)?激活")
OF_WHICH = (("hidden", re.compile("hidden|隐")), ("output", re.compile("output|输出")))
KNOWN_ACTIVATIONS = sorted({*ACTIVATIONS, *FORMULAS} - {"none"}, key=len, reverse=True)  # leaky relu before relu
EVERYWHERE = ("sigmoid", "logistic", "tanh")  # which one "activation function: …" may name for hidden layers and output


def settings_in(found: Sequence[Found], faults: Faults) -> tuple[dict[str, Statement], list[Statement | StepMark]]:
    """The settings by name, and everything else that counts."""
    settings: dict[str, Statement] = {}
    rest: list[Statement | StepMark] = []
    for item in found:
        if isinstance(item, StepMark) and not any(isinstance(other, Statement) and _is_result(other) for other in rest):
            if item.statement is not None and "step" not in settings:
                settings["step"] = item.statement
        elif isinstance(item, Statement) and item.name in SETTINGS and item.is_setting:
            with faults.gathered():
                said, before = _tidied(item), settings.get(item.name)
                if before is not None and before.value != said.value:
                    raise item.wrong("sheet_said_twice", name=setting_named(item.name), line=before.line)
                settings.setdefault(item.name, said)
                for name, value, called in beside_widths(said.value) if item.name == "network" else ():
                    settings.setdefault(name, replace(item, name=name, value=value, said=called))
        elif isinstance(item, Statement | StepMark):
            rest.append(item)
    return settings, rest


def beside_widths(value: str) -> Iterator[tuple[str, str, str]]:
    """The settings that stand behind the widths, each with its value and how it is called.

    Raises
    ------
    InputError
        For what sounds like a setting and is not understood: passed over, it would be another network.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.description import beside_widths
    >>> list(beside_widths("2-2-1, hidden layer tanh, output linear, no biases"))
    [('hidden', 'tanh', 'hidden'), ('output', 'identity', 'output'), ('biases', 'none', 'biases')]
    """
    for part in re.split(r"[,;()]|\band\b|\bwith\b", value):
        said = part.strip().lower()
        if NO_BIASES.search(said):
            yield "biases", "none", "biases"
            continue
        where = [name for name, pattern in OF_WHICH if pattern.search(said)]
        if NO_ACTIVATION.search(said):
            yield from ((name, "identity", name) for name in where or ("hidden", "output"))
            continue
        names = [word for word in KNOWN_ACTIVATIONS if word in said]
        if names:
            yield from ((name, tidy_value(name, names[0]), name) for name in where)
            yield from () if where else [("hidden", tidy_value("hidden", names[0]), OF_ALL)]
        elif ACTIVATION_WORDS.search(said) or LOSS_WORDS.search(said):
            raise fault("sheet_beside_widths", said=part.strip())


def take_one_activation(settings: dict[str, Statement], remarks: list[Message]) -> None:
    """Take "activation function: sigmoid" for the output too, where nothing else is said of it, and say so.

    Where the output's activation is not said at all, it is said which was taken.
    """
    if "output" in settings or "case" in settings or not {"network", "hidden", "loss"} & set(settings):
        return
    hidden, loss = settings.get("hidden"), settings.get("loss")
    is_for_all = hidden is not None and re.fullmatch(r"activation(?: function)?|激活函数", hidden.said.strip().lower())
    if (
        hidden is not None
        and is_for_all
        and hidden.value in EVERYWHERE
        and not (loss and loss.value == "cross_entropy")
    ):
        settings["output"] = replace(hidden, name="output")
        remarks.append(Message("remark_output", line=hidden.line, name=hidden.value))
    elif settings.get("network") is not None:
        remarks.append(Message("remark_no_output"))


def _is_result(statement: Statement) -> bool:
    return re.fullmatch(r"(a0|y|(?:[a-z]+_)?[Wb]\d+)(\[.*\])?", statement.name) is None and not re.fullmatch(
        r"(?:[xytiIXYTwb]|target)[_\W]*\w{0,4}", statement.written.strip()
    )


def _tidied(statement: Statement) -> Statement:
    try:
        value = tidy_value(statement.name, statement.value)
    except InputError as error:
        raise statement.refused(error) from None
    return replace(statement, value=value)


def style_of(settings: Mapping[str, Statement], faults: Faults) -> str | None:
    """The notation that the sheet names."""
    if "notation" not in settings:
        return None
    with faults.gathered():
        return named(settings["notation"], notation_named)
    return None


def widths_of(
    settings: Mapping[str, Statement], rest: Sequence[Statement | StepMark], faults: Faults
) -> tuple[int, ...] | None:
    """n₀ … n_L, from the settings or from what is given."""
    if "case" in settings:
        name = settings["case"].value
        if name in CASES:
            return case(name).network.widths
        faults.add(settings["case"].refused(UnknownNameError("case", name, CASES)))
        return None
    if "network" in settings:
        found = tuple(int(n) for n in re.findall(r"\d{1,6}", settings["network"].value))
        if len(found) > 1 and all(found):
            return found
        numbers = settings["network"].value
        key = "sheet_network_zero" if "0" in numbers else "sheet_network_written"
        faults.add(settings["network"].wrong(key, value=numbers.strip()))
        return None
    found_widths = widths_from([item for item in rest if isinstance(item, Statement)])
    if found_widths is None:
        faults.add(fault("sheet_no_network"))
    return found_widths
