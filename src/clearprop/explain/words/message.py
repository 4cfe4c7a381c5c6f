"""A sentence that is made far from where it is read: text in English that can be said in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from clearprop.errors import ClearpropError, UnknownNameError
from clearprop.explain.words import LANGUAGES, words

# Sentences of rooms that know no languages, as patterns; the groups are the fields of the sentence of that key.
FROM_ELSEWHERE: Mapping[str, re.Pattern[str]] = {
    key: re.compile(pattern, re.S)
    for key, pattern in {
        "sheet_hidden_count": r"there are (?P<n>\d+) hidden layers but (?P<m>\d+) hidden activations",
        "sheet_loss_unfit": r"the loss '(?P<loss>\w+)' cannot use every output of '(?P<output>\w+)'; activations that "
        r"fit it: (?P<fitting>[\w, ]+)",
        "sheet_range_above": r"(?P<rule>\w+): (?P<name>\w+) must be above (?P<low>\S+), not (?P<value>.*)",
        "sheet_range_between": r"(?P<rule>\w+): (?P<name>\w+) must be at least (?P<low>\S+) and below (?P<high>\S+), "
        r"not (?P<value>.*)",
        "sheet_range_least": r"(?P<rule>\w+): (?P<name>\w+) must be at least (?P<low>\S+), not (?P<value>.*)",
        "sheet_range_most": r"(?P<rule>\w+): (?P<name>\w+) must be at least (?P<low>\S+) and at most (?P<high>\S+), "
        r"not (?P<value>.*)",
        "sheet_not_finite": r"(?P<rule>\w+): (?P<name>\w+) must be a finite number, not (?P<value>.*)",
        "file_missing": r"there is no file '(?P<path>[^']+)'",
        "file_missing_near": r"there is no file '(?P<path>[^']+)'; did you mean '(?P<near>[^']+)'\?",
        "file_no_folder": r"there is no folder '(?P<folder>[^']+)', so no '(?P<name>[^']+)' in it",
        "file_exists": r"(?P<path>.+) exists already; --force replaces it, --output writes to another file",
        "usage_option": r'Unknown option: "?(?P<name>[^"]+?)"?\.(?: \S+ is not a recognized option\.)?',
        "usage_option_near": r'Unknown option: "?(?P<name>[^"]+?)"?\. Did you mean (?P<near>\S+)\?',
        "usage_missing": r'Command ".*" parameter (?P<name>[A-Z]+) requires an argument\.',
        "usage_needs": r'(?:Command ".*" p|P)arameter (?P<name>\S+) requires an argument\.',
        "usage_twice": r"Parameter (?P<name>\S+) specified multiple times\.",
        "usage_whole": r'Invalid value for (?P<name>\S+): unable to convert "(?P<value>.*)" into int\.',
        "usage_number": r'Invalid value for (?P<name>\S+): unable to convert "(?P<value>.*)" into float\.',
        "usage_flag": r'Invalid value for (?P<name>\S+): unable to convert "(?P<value>.*)" into bool\.',
        "usage_choice": r'Invalid value "(?P<value>.*)" for (?P<name>\S+)\. Choose from: (?P<known>[^.]*)\.'
        r"(?: Did .*)?",
        "usage_unused": r"Unused Tokens: \['(?P<value>.*)'\]\.",
        "usage_digits": r"digits must be a whole number from 1 to 17, not (?P<value>.*)",
        "usage_count": r"(?P<name>steps|networks) must be a whole number of at least 1, not (?P<value>.*)",
        "usage_no_parameter": r"there is no weight or bias '(?P<name>.*)' in a (?P<widths>[\d-]+) network; write for "
        r"example (?P<examples>.*)",
        "usage_no_parameter_near": r"there is no weight or bias '(?P<name>.*)' in a (?P<widths>[\d-]+) network; did "
        r"you mean (?P<near>.*)\?",
        "usage_not_a_parameter": r"(?P<name>.+) is not a weight or bias; write for example (?P<examples>.*)",
        "usage_lbfgs": r"L-BFGS chooses its steps itself .*",
        "usage_fractions": r"(?P<name>\w+) cannot be an exact fraction: its formula (?P<formula>.*) leaves the "
        r"rational numbers; .*",
    }.items()
}

BETWEEN_CHINESE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")  # a space belongs beside Latin letters only


class Message(str):
    """A sentence by its key; the text is the English one, `in_language` says it in another.

    Parameters
    ----------
    key : str
        Of the sentence in `clearprop.explain.words`.
    **fields
        What stands in its braces; a Message among them is said in the same language.

    Examples
    --------
    >>> from clearprop.explain.words.message import Message
    >>> place = Message("sheet_place", line=3, column=7)
    >>> told = Message("sheet_at", place=place, what=Message("sheet_no_number", word="oops"))
    >>> told, told.in_language("zh")
    ("line 3, column 7: 'oops' is not a number", '第 3 行第 7 列：“oops”不是数')
    """

    key: str
    fields: Mapping[str, Any]

    def __new__(cls, key: str, **fields: Any) -> Message:
        found = super().__new__(cls, _filled(key, fields, "en"))
        found.key, found.fields = key, fields
        return found

    def __getnewargs_ex__(self) -> tuple[tuple[str], dict[str, Any]]:
        return (self.key,), dict(self.fields)

    def in_language(self, language: str) -> str:
        """The sentence in a language."""
        return _filled(self.key, self.fields, language)


class Listed(Message):
    """Several things one after the other: "W1, W2 and b2"."""

    items: tuple[Any, ...]

    def __new__(cls, *items: Any, joint: str = "list_and") -> Listed:
        found = str.__new__(cls, _joined(items, joint, "en"))
        found.key, found.fields, found.items = joint, {}, items
        return found

    def __getnewargs_ex__(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        return self.items, {"joint": self.key}

    def in_language(self, language: str) -> str:
        return _joined(self.items, self.key, language)


class Count(int):
    """A number of things, which English says with the thing: ``"{n:rows}"`` is "1 row", "2 rows".

    Examples
    --------
    >>> from clearprop.explain.words.message import Count
    >>> f"{Count(1):numbers}, {Count(3):numbers}, {Count(3)}"
    '1 number, 3 numbers, 3'
    """

    def __format__(self, things: str) -> str:
        return " ".join([str(int(self)), *([things.removesuffix("s") if self == 1 else things] if things else [])])


def _filled(key: str, fields: Mapping[str, Any], language: str) -> str:
    said = words(language)[key].format(**{name: _said(value, language) for name, value in fields.items()})
    return BETWEEN_CHINESE.sub("", said) if language == "zh" else said


def _joined(items: tuple[Any, ...], joint: str, language: str) -> str:
    last = words(language)[joint]
    comma = words(language)["list_comma"] if joint == "list_and" else last
    said = [str(_said(item, language)) for item in items]
    return last.join([comma.join(said[:-1]), said[-1]]) if len(said) > 1 else "".join(said)


def _said(value: Any, language: str) -> Any:
    return value.in_language(language) if isinstance(value, Message) else value


def setting_named(name: str) -> Message:
    """A setting of a sheet by its name in every language: "count from"."""
    return Message(f"setting_{name.replace(' ', '_')}")


def line_told(line: str) -> Message:
    """A line of a sheet that states a setting, "delta: minus", as a sheet in that language has it."""
    name, _, value = line.partition(": ")
    key = f"value_{value}"
    return Message("sheet_statement", name=setting_named(name), value=Message(key) if key in words("en") else value)


def told(error: BaseException) -> str:
    """What an error says, as a Message where it is known in other languages."""
    said = error.args[0] if error.args else ""
    if isinstance(said, Message):
        return said
    if isinstance(error, UnknownNameError) and error.kind != "weight or bias":
        return _unknown(error)
    text = str(error)
    for key, pattern in FROM_ELSEWHERE.items():
        if match := pattern.fullmatch(text):
            return Message(key, **{name: term_told(value) for name, value in match.groupdict().items()})
    return text


def term_told(name: str) -> str:
    """A name of the program as a Message, where languages have a word for it."""
    known = words("en")
    return next((Message(key) for key in (f"option_{name}", f"constant_{name}", f"value_{name}") if key in known), name)


def _unknown(error: UnknownNameError) -> str:
    """That there is no such name, and which there are."""
    kind = f"kind_{error.kind.replace(' ', '_')}"
    if kind not in words("en"):
        return str(error)
    fields = {"kind": Message(kind), "name": error.name, "known": Listed(*error.known, joint="list_comma")}
    if error.near is None:
        return Message("sheet_unknown", **fields)
    return Message("sheet_unknown_near", near=error.near, **fields)


def in_language(said: object, language: str) -> str:
    """A sentence or an error in a language; in English where it is known in no other."""
    text = told(said) if isinstance(said, BaseException) else said
    return text.in_language(language) if isinstance(text, Message) else str(text)


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """What is raised inside says why in this language.

    Examples
    --------
    >>> from clearprop.explain import read_sheet
    >>> from clearprop.explain.words.message import speaking
    >>> with speaking("zh"):
    ...     read_sheet("network: two")
    Traceback (most recent call last):
        ...
    clearprop.errors.InputError: 第 1 行第 10 列：网络应写成 2-2-1 这样的形式，而不是“two”
    """
    if language not in LANGUAGES:
        words(language)  # says which there are
    try:
        yield
    except ClearpropError as error:
        if (said := in_language(error, language)) != str(error):
            error.args = (said, *error.args[1:])
        raise
