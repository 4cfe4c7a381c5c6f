"""Every error and warning text of the package, in plain words; `pytest -s` or tools/messages.py prints them."""

import importlib.util
import re
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "messages.py"

# Words that this code base once had for common terms, and the terms.
DIALECT = {
    r"\bserves\b": "is used",
    r"\bwithout chance\b": "deterministic",
    r"\bcannot be true\b": "must be from … to …",
    r"\bcannot judge\b|\bjudg(e|es|ed|ing) by\b": "validation rows",
    r"\bpart the rows\b": "split",
    r"\bhas nothing to say\b": "would be ignored",
    r"(?<!there )\bis no (?!better)\w+(?! than)|(?<!there )\bare no \w+(?! such)": "is not a …",
    r"\bput up with\b|\bborne\b|\bgoes home\b": "the plain verb",
}


def found():
    spec = importlib.util.spec_from_file_location("messages", TOOL)
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    return tool.messages()


def test_errors_and_warnings_say_it_in_the_fields_words():
    table = found()
    for message in table:
        print(f"{message.file}:{message.line}  {message.text}")  # noqa: T201
    assert len(table) > 500
    said = [(message, word) for message in table for word in DIALECT if re.search(word, message.text)]
    assert not said, "\n".join(f"{m.file}:{m.line} {m.text!r}: say {DIALECT[word]!r}" for m, word in said)


def test_messages_are_sentences_that_a_program_can_put_after_a_colon():
    """No capital after the name of the program and no full stop at the end, but where scikit-learn's words are kept."""
    ending = [m for m in found() if re.search(r"[^.…]\.$", m.text)]
    kept = ("estimators/", "cli/exits.py", "job/divergence.py", "files/model_file.py")
    assert not [m for m in ending if not m.file.startswith(kept)], ending
