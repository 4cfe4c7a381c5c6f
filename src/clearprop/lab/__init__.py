"""The lab: a page on one's own machine that shows a network at work, step by step, with the real engine.

``clearprop lab`` opens it; `Watch` shows a training under way. `server` has the addresses (docs/lab-protocol.md says
what goes over them), `workspace` is what all of it is about, `view` what the page is sent of it. The page computes
nothing: its numbers are the engine's, and its formulas those of `clearprop.explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.late import late_names

if TYPE_CHECKING:
    from clearprop.lab.watching import Watch

__all__ = ["Watch"]

__getattr__, __dir__ = late_names(__name__, {"watching": ("Watch",)}, what="the lab needs", extra="lab")
