"""What can be taken along: the derivation and the steps as one page, the drawing, the model, the trace, the curves."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping
from typing import Any

from clearprop.explain import Explanation
from clearprop.files.model_file import model_bytes
from clearprop.lab.derivation import named
from clearprop.lab.keeping import document_of
from clearprop.lab.refusals import NotFoundError
from clearprop.lab.style import Style
from clearprop.lab.view import whole
from clearprop.lab.workspace import Workspace

Query = Mapping[str, str]
Written = tuple[bytes, str, str]  # content, type and the name of a file


def page(workspace: Workspace, query: Query, style: Style) -> Written:
    """One HTML file that opens from disk, with no script and no request: the step, and the chain rule of one weight."""
    parameter = named(workspace, query["of"]) if query.get("of") else None
    explanation = _explanation(workspace, query, style, sections=("step", "path"), parameter=parameter)
    return explanation.html().encode(), "text/html; charset=utf-8", "step.html"


def svg(workspace: Workspace, query: Query, style: Style) -> Written:
    """The drawing, with its colours in it."""
    parameter = named(workspace, query["of"]) if query.get("of") else None
    text = _explanation(workspace, query, style, parameter=parameter).svg()
    return text.encode(), "image/svg+xml", "network.svg"


def model(workspace: Workspace, query: Query, style: Style) -> Written:
    """The network with its present weights as a model file, which ``clearprop.load`` reads."""
    project = workspace.project
    params = project.network.views(workspace.state.theta.copy())
    details = {"made_by": "clearprop lab", "inputs": list(project.rows.inputs), "outputs": list(project.rows.outputs)}
    return model_bytes(project.network, params, details), "application/octet-stream", "network.clearprop"


def trace(workspace: Workspace, query: Query, style: Style) -> Written:
    """Every number of the step that is shown, as JSON."""
    return _explanation(workspace, query, style).json(indent=1).encode(), "application/json", "trace.json"


def state(workspace: Workspace, query: Query, style: Style) -> Written:
    """The workspace, to be loaded again."""
    text = json.dumps(document_of(workspace), ensure_ascii=False, allow_nan=False)
    return text.encode(), "application/json", "workspace.json"


def curves(workspace: Workspace, query: Query, style: Style) -> Written:
    """The curves as CSV, every digit of them."""
    points = workspace.curves.points
    layers = range(1, len(points[0].delta) + 1)
    head = ["step", "epoch", "loss", "validation_loss", "learning_rate"]
    head += [f"gradient_norm_{l}" for l in layers] + [f"delta_norm_{l}" for l in layers]
    rows = [
        [p.step, p.epoch, p.loss, "" if p.validation_loss is None else p.validation_loss, p.rate, *p.gradient, *p.delta]
        for p in points
    ]
    return as_csv(head, rows), "text/csv; charset=utf-8", "curves.csv"


def as_csv(head: list[str], rows: list[list[Any]]) -> bytes:
    """A table as CSV."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(head)
    writer.writerows([[repr(cell) if isinstance(cell, float) else cell for cell in row] for row in rows])
    return text.getvalue().encode()


def _explanation(workspace: Workspace, query: Query, style: Style, **more: Any) -> Explanation:
    """The step that is shown, or one sample of it, as an explanation."""
    found = workspace.trace()
    sample = whole(query, "sample", 0, 10**6) if found.is_batch and query.get("alone") == "1" else None
    return Explanation(
        found, notation=style.notation, language=style.language, digits=style.digits, comma=style.comma,
        forms=style.forms, sample=sample, **more,
    )  # fmt: skip


EXPORTS: Mapping[str, Callable[[Workspace, Query, Style], Written]] = {
    made.__name__: made for made in (page, svg, model, trace, state, curves)
}


def exported(workspace: Workspace, kind: str, query: Query, style: Style) -> Written:
    """The content, the type and the name of a file of this kind; NotFoundError where there is none such."""
    if kind not in EXPORTS:
        raise NotFoundError(f"there is no export {kind[:40]!r}; there are {', '.join(EXPORTS)}")
    return EXPORTS[kind](workspace, query, style)
