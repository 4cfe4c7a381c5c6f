"""The lab: a page on one's own machine that shows a network at work, step by step, with the real engine.

``clearprop lab`` opens it; `Watch` shows a training under way; `NetworkWidget` and `CurvesWidget` are its drawing and
its curves in a notebook. `server` has the addresses (docs/lab-protocol.md says what goes over them), `workspace` is
what all of it is about, `view` what the page is sent of it. The page computes nothing: its numbers are the engine's,
and its formulas those of `clearprop.explain`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clearprop.late import late_names

if TYPE_CHECKING:
    from clearprop.lab.watching import Watch
    from clearprop.lab.widget import CurvesWidget, NetworkWidget

__all__ = ["CurvesWidget", "NetworkWidget", "Watch"]

WIDGETS = ("CurvesWidget", "NetworkWidget")
_widget, _ = late_names(__name__, {"widget": WIDGETS}, what="a live widget needs", extra="widget")
_page, _ = late_names(__name__, {"watching": ("Watch",)}, what="the lab needs", extra="lab")


def __getattr__(name: str) -> Any:
    return _widget(name) if name in WIDGETS else _page(name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
