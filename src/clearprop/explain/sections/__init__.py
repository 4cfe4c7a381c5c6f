"""The parts of an explanation, each a function from a trace to blocks of a document."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clearprop.explain.sections import chain, conventions, ideas, play, proofs, raw, steps, symbols, trained
from clearprop.explain.sections.kit import Kit
from clearprop.explain.writing.document import Block
from clearprop.trace.trace import Trace

Section = Callable[[Trace, Kit], list[Block]]

SECTIONS: Mapping[str, Section] = {
    "model": trained.model,
    "symbols": symbols.symbols,
    "conventions": conventions.conventions,
    "picture": steps.picture,
    "inputs": raw.inputs,
    "given": steps.given,
    "forward": steps.forward,
    "loss": steps.loss,
    "backward": steps.backward,
    "gradients": steps.gradients,
    "update": steps.update,
    "afterwards": steps.afterwards,
    "answer": trained.answer,
    "path": chain.path,
    "boxes": chain.boxes,
    "count": chain.count,
    "assumptions": ideas.assumptions,
    "proofs": proofs.proofs,
    "why": ideas.why,
    "wiggle": ideas.felt,
    "sharing": ideas.sharing,
    "iterations": play.iterations,
    "game": play.game,
}
STEP = (
    "model", "picture", "symbols", "inputs", "given", "forward", "loss", "backward", "gradients", "update",
    "afterwards", "conventions", "answer",
)  # fmt: skip
IDEAS = ("path", "boxes", "count", "assumptions", "proofs", "why", "wiggle", "sharing", "iterations")

__all__ = ["IDEAS", "SECTIONS", "STEP", "Kit", "Section"]
