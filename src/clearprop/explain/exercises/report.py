"""The report on a class as a document, and as a table for a gradebook."""

from __future__ import annotations

import csv
import io

from clearprop.explain.exercises.marks import ClassReport, Marks
from clearprop.explain.renderers.latex import to_latex
from clearprop.explain.renderers.markdown import to_markdown
from clearprop.explain.renderers.page import to_html
from clearprop.explain.renderers.terminal import to_text
from clearprop.explain.words import Words, words
from clearprop.explain.words.message import in_language
from clearprop.explain.writing.document import Block, Bullets, Document, Heading, Sentence, Table, Writer
from clearprop.explain.writing.notation import notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import LATEX, MATHML, TEXT, Pen

COLUMNS = ("student", "file", "right", "followed", "wrong", "blank", "asked", "remark")


def class_document(report: ClassReport, language: str = "en") -> Document:
    """Each student's marks, the mistakes of the class and its hardest lines."""
    writer = Writer(words(language))
    known = writer.words
    blocks: list[Block] = [Heading(known["marks_title"], 1)]
    head = [known[f"marks_{column}"] for column in COLUMNS if column != "file"]
    blocks.append(Table(head, [_row(marks, known, language) for marks in report.marks]))
    n = len(report.judged)
    if report.mistakes:
        blocks.append(writer.heading("marks_mistakes"))
        items = [_counted(count, n, known[f"mistake_{name}"], known) for name, count in report.mistakes]
        blocks.append(Bullets(items))
    if report.hardest:
        blocks.append(writer.heading("marks_lines"))
        blocks.append(Bullets([_counted(count, n, _asked(name, known), known) for name, count in report.hardest]))
    blocks.append(writer.say("marks_followed_words"))
    return Document(known["marks_title"], language, blocks)


def _counted(count: int, n: int, what: str, known: Words) -> Sentence:
    return (f"{count} / {n}{known['check_colon']}{what}",)


def _asked(name: str, known: Words) -> str:
    """The name of what was asked for; the two answers about a planted mistake have words."""
    return known.get(f"setting_answer_{name}", name)


def _row(marks: Marks, known: Words, language: str) -> list[str]:
    counts = (marks.right, marks.followed, marks.wrong, marks.blank, marks.asked)
    shown = [str(count) for count in counts] if marks.is_judged else ["", "", "", "", str(marks.asked)]
    return [marks.student, *shown, _remark(marks, known, language)]


def _remark(marks: Marks, known: Words, language: str) -> str:
    if not marks.file:
        return known["marks_missing"]
    if marks.problem:
        return known["list_semicolon"].join(in_language(marks.problem, language).split("\n"))
    if marks.right == marks.asked:
        return "✓"
    named = known["list_semicolon"].join(known[f"mistake_{name}"] for name in marks.mistakes)
    return named or known["list_comma"].join(_asked(name, known) for name in marks.wrong_names)


def class_text(report: ClassReport, medium: str = "text", language: str = "en", width: int = 110) -> str:
    """The report as text, Markdown, LaTeX, HTML or CSV.

    Parameters
    ----------
    report : ClassReport
    medium : {"text", "markdown", "latex", "html", "csv"}
    language : {"en", "zh"}
    width : int
        Letters of a line of text.
    """
    known = words(language)
    if medium == "csv":
        return _csv(report, known, language)
    document, names, numbers = class_document(report, language), notation("code", (1, 1), False), NumberFormat()
    match medium:
        case "markdown":
            return to_markdown(document, Pen(LATEX, names, numbers), known)
        case "latex":
            return to_latex(document, Pen(LATEX, names, numbers), known)
        case "html":
            return to_html(document, Pen(MATHML, names, numbers), known)
    return to_text(document, Pen(TEXT, names, numbers), known, width=width)


def _csv(report: ClassReport, known: Words, language: str) -> str:
    sink = io.StringIO()
    table = csv.writer(sink, lineterminator="\n")
    table.writerow(COLUMNS if language == "en" else [known[f"marks_{column}"] for column in COLUMNS])
    for marks in report.marks:
        counts = (marks.right, marks.followed, marks.wrong, marks.blank, marks.asked)
        table.writerow([_plain(marks.student), marks.file, *counts, _plain(_remark(marks, known, language))])
    return sink.getvalue()


def _plain(text: str) -> str:
    """Text that a spreadsheet takes for text: a name that begins like a formula gets an apostrophe."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text
