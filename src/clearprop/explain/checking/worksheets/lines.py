"""From the text of a sheet to its statements: Markdown and LaTeX looked over, long values joined, text passed over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from clearprop.errors import InputError, nearest
from clearprop.explain.checking.worksheets.arithmetic import worked_out
from clearprop.explain.checking.worksheets.faults import fault, hint_at, place_at
from clearprop.explain.checking.worksheets.settings import (
    BEGINS_AS_NUMBER,
    OTHER_NAMES,
    SETTINGS,
    is_formula_named,
    setting_of,
)
from clearprop.explain.checking.worksheets.signs import plain_line
from clearprop.explain.checking.worksheets.splitting import NamedValue, is_named, name_before, parts_of
from clearprop.explain.checking.worksheets.statements import Statement, tidy_name
from clearprop.explain.checking.worksheets.tables import is_table_row, rows_of
from clearprop.explain.checking.worksheets.values import readings
from clearprop.explain.words.message import Message

BULLET = re.compile(
    r"\s*(?:>\s*)*(?:[-*+•◦▪·]\s+|\(?\d{1,2}[.)]\s+(?=\D)|\(\d{1,2}\)\s*(?=[^\d\s])|[①-⑳]\s*|\(?[a-z]\)\s+|BP[1-4]a?\s+)?"
)
RULER = re.compile(r"[-=|:_*~+.\s─═]*")
OF_A_LAYER = ("z{}", "a{}", "delta{}", "error{}", "slope{}", "dW{}", "db{}", "W{}_new", "b{}_new")
RESULTS = (*(name.format(l) for l in (1, 2, 3) for name in OF_A_LAYER), "loss", "loss_new", "losses")
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")
CHINESE = "一二三四五六七八九十"
STEP = re.compile(
    r"[\s#*=_~-]*(?:(?:training |gradient |update )?(?P<word>step|iteration|epoch|round)"
    r"\s*(?:no\.?|nr\.?|number|#)?\s*[:=.]?\s*(?P<n>\d{1,4})"
    rf"|(?:the )?(?P<ordinal>{'|'.join(ORDINALS)}|\d+(?:st|nd|rd|th))\s+(?P<word2>step|iteration|epoch|round)"
    rf"|第\s*(?P<zh>[{CHINESE}]|\d+)\s*(?P<word3>步|次迭代|轮|次更新))[\s:：#*=_~.-]*", re.I,
)  # fmt: skip
ONLY_NUMBERS = re.compile(r"[\s\d.,;+\-−eE%/\[\](){}|_?…⋮⋱½⅓¼·×^]*")
AWAITS_NUMBERS = re.compile(r"[=:≈]\s*(?:[\[({]\s*)*(?:[-+−]?\s*[.,]?\d[^=:≈]*)?$|[,\[({]\s*$")
HEADING = re.compile(r"(?:the )?(?:step|part|task|question|iteration|epoch|layer|section)\s*\d{0,3}", re.I)
VERB = re.compile(
    r"\s(?:is|are|equals|becomes?)\s+(?=[-+−]?[\d.(])|(?:分别|约|大约)?(?:是|为|等于)\s*(?:约|大约)?\s*(?=[-+−]?[\d.(])"
)
CLAUSE = re.compile(r"[,;=]|\.(?!\d)|\s(?:and|und)\s")
OPTIMIZER = re.compile(
    r"(\s*(?:optimi[sz]er|update rule|优化器|优化算法)\s*[:=]\s*[A-Za-z]+)\s*[,;]\s*([^()\[\]]*=[^()\[\]]*)", re.I
)
CONTINUES = re.compile(r"\s*[=≈]")
DICTIONARY = re.compile(r"\{\s*(?:[\"']\w+[\"']\s*:[^{}:]*,?\s*)+\}")
HEAD_OF_R = re.compile(r"(?:\s*\[,\d+\])+\s*")
FENCE = re.compile(r"\s*(?:```|~~~|\\begin\{(?!\w*matrix)|\\end\{(?![a-zA-Z]*matrix)|\$\$\s*$)")
OF_PEOPLE = ("student", "name", "学生", "姓名")  # lines that say whose sheet it is
LONGEST_VALUE = 400  # lines
CONSTANTS: Mapping[str, str] = {  # of an optimizer, as people write them on lines of their own
    "momentum": "momentum(momentum={})", "beta": "momentum(momentum={})", "β": "momentum(momentum={})",
    "beta1": "adam(beta1={})", "β1": "adam(beta1={})", "beta_1": "adam(beta1={})", "beta2": "adam(beta2={})",
    "β2": "adam(beta2={})", "beta_2": "adam(beta2={})", "rho": "rmsprop(rho={})", "ρ": "rmsprop(rho={})",
    "epsilon": "adam(epsilon={})", "eps": "adam(epsilon={})", "ε": "adam(epsilon={})", "动量": "momentum(momentum={})",
    "动量系数": "momentum(momentum={})", "momentum coefficient": "momentum(momentum={})",
}  # fmt: skip


class StepMark(NamedTuple):
    """A line that begins the results of a step of training, if it is one: "Step 2" may be a heading too.

    Attributes
    ----------
    number : int
    line : int
    is_surely : bool
        An iteration or a round is a step of training.
    statement : Statement or None
        The same as a setting, ``step: 2`` in the head.
    """

    number: int
    line: int
    is_surely: bool
    statement: Statement | None = None


class Passed(NamedTuple):
    """A line of text that was passed over."""

    line: int


Found = Statement | StepMark | Passed | InputError


class SheetLine(NamedTuple):
    """A line with its number; `bare` has the same columns, in plain signs; `start` is where its text begins."""

    number: int
    text: str
    bare: str
    start: int


def lines_of(text: str) -> Iterator[Found]:
    """The statements of a sheet written as text, and in their places steps, text passed over and faults."""
    lines = [_line(number, line) for number, line in enumerate(text.splitlines(), start=1)]
    lines = [line for line in lines if line.bare.strip() or not HEAD_OF_R.fullmatch(line.text)]
    place = 0
    while place < len(lines):
        line = lines[place]
        if mark := step_mark(line.text, line.number):
            yield mark
            place += 1
        elif not line.bare.strip() or RULER.fullmatch(line.bare) or FENCE.match(line.text):
            place += 1
        elif is_table_row(line.bare):
            end = place
            while end < len(lines) and is_table_row(lines[end].bare):
                end += 1
            for number, said, value, column in rows_of([(item.number, item.bare) for item in lines[place:end]]):
                yield from _stated(NamedValue(said, value, column, 0, "="), lines[number - 1])
            place = end
        else:
            joined, place = _joined(lines, place)
            yield from _statements(joined)


def _line(number: int, line: str) -> SheetLine:
    bare = plain_line(line)
    bullet = BULLET.match(bare)
    return SheetLine(number, line, bare, bullet.end() if bullet else 0)


def step_mark(line: str, number: int) -> StepMark | None:
    """The step that a line announces, or None."""
    match = STEP.fullmatch(line.strip())
    if match is None:
        return None
    if match["n"]:
        count = int(match["n"])
    elif match["zh"]:
        count = CHINESE.index(match["zh"]) + 1 if match["zh"] in CHINESE else int(match["zh"])
    else:
        ordinal = match["ordinal"].lower()
        count = ORDINALS.index(ordinal) + 1 if ordinal in ORDINALS else int(ordinal[:-2])
    word = (match["word"] or match["word2"] or match["word3"]).lower()
    said = re.fullmatch(r"\s*step\s*[:=]\s*\d+\s*", plain_line(line), re.I)
    setting = Statement("step", str(count), line.strip(), number, line.rfind(str(count)) + 1) if said else None
    return StepMark(count, number, word not in ("step", "步"), setting)


def _joined(lines: list[SheetLine], place: int) -> tuple[SheetLine, int]:
    """A line with those that go on with it: open brackets, numbers alone, a first = or ≈."""
    first = lines[place]
    bare, end = first.bare, place + 1
    is_name_alone = not re.search(r"[=≈:]", bare) and is_named(bare[first.start :])
    if is_name_alone and end < len(lines) and _is_value(lines[end].bare):
        bare, end = f"{bare} =\n{lines[end].bare}", end + 1  # W2.grad, and its numbers on the next line
    while end < len(lines) and end - place < LONGEST_VALUE:
        following = lines[end].bare
        depth = sum(bare.count(letter) for letter in "[({") - sum(bare.count(letter) for letter in "])}")
        numbers = following.strip() and ONLY_NUMBERS.fullmatch(following) and not RULER.fullmatch(following)
        goes_on = CONTINUES.match(following) or (numbers and AWAITS_NUMBERS.search(bare))
        if not goes_on and not (depth > 0 and following.strip() and not re.search(r"[=≈:]", following)):
            break
        bare += "\n" + following
        end += 1
    return first._replace(bare=bare), end


def _is_value(text: str) -> bool:
    """Whether a line is numbers alone, or the first line of an array of them."""
    value = readings(text)[0]
    return value.unread is None and any(item.kind == "number" for item in value.items)


def _statements(line: SheetLine) -> Iterator[Found]:
    """The statements of a line; where there are none, text or a fault."""
    body = _with_signs(line.bare[line.start :])
    parts = parts_of(body)
    if not parts:
        yield _without_sign(line, body)
    for part in parts:
        yield from _stated(
            part._replace(column=part.column + line.start, name_column=part.name_column + line.start), line
        )


def _with_signs(body: str) -> str:
    """A line in which a verb that stands between a name and its number is a sign, and a list of an optimizer a call."""
    if "|" in body and all(re.search("[=≈]", piece) for piece in body.split("|")):
        body = body.replace("|", ";")  # z1 = 0.41 | a1 = 0.6
    if DICTIONARY.fullmatch(body):
        body = re.sub(r"[{}\"']", " ", body)
    if called := OPTIMIZER.fullmatch(body):
        return f"{called[1]}({called[2].strip()})"
    verbs = list(VERB.finditer(body))
    starts = [0, *(verb.end() for verb in verbs)]
    for verb, start in zip(verbs, starts, strict=False):
        name = CLAUSE.split(body[start : verb.start()])[-1] if start else body[: verb.start()]
        value = CLAUSE.split(body[verb.end() :])[0].strip(" .")
        if not (is_named(name_before(name)[0]) and (ONLY_NUMBERS.fullmatch(value) or worked_out(value) is not None)):
            return body
    for verb in verbs:
        body = body[: verb.start()] + "=".center(len(verb[0])) + body[verb.end() :]
    return body


def _stated(part: NamedValue, line: SheetLine) -> Iterator[Found]:
    """One statement, if it is one."""
    said, value = part.name, part.value.strip()
    if part.sign == ":" and said.lower() in OF_PEOPLE:
        return
    if re.match(rf"{re.escape(said)}\s*[-−+–]", value) and is_named(said):
        said = f"new {said}"  # W2 = W2 − η·∂L/∂W2
    setting = setting_of(said, value)
    column = part.column + 1 + len(part.value) - len(part.value.lstrip())
    statement = Statement(tidy_name(said), value, line.text.strip(), line.number, column, said)
    if setting is not None:
        yield replace(statement, name=setting, is_setting=True)
    elif is_named(said):
        is_text = part.sign == ":" and not re.search(r"\d", said + value) and not BEGINS_AS_NUMBER.match(value)
        yield Passed(line.number) if is_text or _is_formula(value) else statement
    elif worked_out(said) is not None and re.search(r"\d", value):
        yield replace(statement, name="")
    else:
        yield _unknown(part, column, line)


def _is_formula(value: str) -> bool:
    """Whether a value is a formula in letters alone: w·x + b, σ(z)."""
    last = re.split(r"[=≈]", value)[-1].strip().rstrip(".,;")
    read = readings(last)[0]
    return (
        read.unread is not None
        and worked_out(last) is None
        and re.search(r"[^\W\d_]", re.sub(r"\\[a-zA-Z]+", "", last)) is not None
        and re.search(r"[·*+/^×⊙²ᵀ]|\s[-−]\s|\w\(|\\frac|\\sum", last) is not None
    )


def _without_sign(line: SheetLine, body: str) -> Found:
    """A line without = or colon: text, or a statement whose sign is missing."""
    words = body.split()
    if len(words) > 2 and words[1] in ("is", "are", "equals", "→", "ist", "为", "是"):
        body = body.replace(words[1], " " * len(words[1]), 1) if words[1] not in words[0] else body
        words = body.split()
    for count in (1, 2):
        name, rest = " ".join(words[:count]), " ".join(words[count:])
        if rest and re.search(r"\d", rest) and ONLY_NUMBERS.fullmatch(rest) and is_named(name) and (
            re.search(r"\d", name) or len(name) > 3
        ):  # fmt: skip
            column = line.start + body.index(words[count], len(name))
            value = body[column - line.start :].rstrip()
            setting = setting_of(name, value)
            return Statement(
                setting or tidy_name(name), value, line.text.strip(), line.number, column + 1, name, setting is not None
            )
    name, _, rest = body.partition(",")
    if is_named(name) and re.search(r"\d", rest) and ONLY_NUMBERS.fullmatch(rest):  # z1,0.41,0.47 of a spreadsheet
        column = line.start + len(name) + 2
        return Statement(tidy_name(name), rest.rstrip(), line.text.strip(), line.number, column, name.strip())
    if ONLY_NUMBERS.fullmatch(body) and re.search(r"\d", body):
        return fault("sheet_nameless", place_at(line.number, line.start + 1), numbers=body.strip())
    return Passed(line.number)


def _unknown(part: NamedValue, column: int, line: SheetLine) -> Found:
    """A name that is none: a fault where it looks like one, text otherwise."""
    name = part.name.strip()
    names_formula = part.sign == ":" and is_formula_named(part.value)
    shown = name if len(name) <= 40 else name[:37] + "…"
    is_number = re.match(r"\s*[\[({]*\s*[-+−]?\s*[.,]?\d", part.value) is not None
    known = (*SETTINGS, *OTHER_NAMES) if part.sign == ":" or not is_number else RESULTS
    near = nearest(name, known)
    words = len(name.split())
    if is_number and name.lower() in CONSTANTS:
        cure = CONSTANTS[name.lower()].format(part.value.strip())
        return fault("sheet_of_optimizer", place_at(line.number, column), name=shown, cure=cure)
    if part.sign == ":" and HEADING.fullmatch(name):
        return Passed(line.number)
    if (
        part.sign == ":"
        and near is None
        and not names_formula
        and not (is_number and words == 1 and re.search(r"\d", name))
    ):
        return Passed(line.number)
    if words > 6 or (words > 2 and not is_number and not names_formula):
        return Passed(line.number)
    kind = "kind_result" if known is RESULTS else "kind_setting_or_result"
    return fault("sheet_no_such", place_at(line.number, column), kind=Message(kind), name=shown, hint=hint_at(near))
