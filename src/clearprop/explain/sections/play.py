"""Step after step: the table of iterations, and the number-guessing games."""

from __future__ import annotations

from clearprop.explain.document import Block, Bullets, Number, Piece, Sentence, Table
from clearprop.explain.games import play
from clearprop.explain.iterations import iterate
from clearprop.explain.references import reference
from clearprop.explain.sections.kit import Kit
from clearprop.explain.sections.steps import picture
from clearprop.explain.trace import Trace


def iterations(trace: Trace, kit: Kit) -> list[Block]:
    """Loss, a parameter and the δ norms, step after step; which layer's δ vanishes or explodes."""
    run = iterate(trace, kit.steps, chosen=(kit.parameter,))
    words, say = kit.writer.words, kit.writer.say
    layers = range(1, trace.network.depth + 1)
    head = [
        words["iteration"],
        words["wiggle_loss"],
        str(reference(kit.parameter)),
        *(words["norm_of"].format(layer=l) for l in layers),
    ]
    rows: list[list[Piece]] = [
        [str(row.step), Number(row.loss, finer=2), *map(Number, (*row.parameters, *row.norms))] for row in run.rows
    ]
    blocks: list[Block] = [kit.writer.heading("iterations"), Table(head, rows)]
    n = len(run.rows) - 1
    fields = {"tolerance": Number(run.tolerance)} if run.reason == "converged" else {}
    blocks.append(say(f"stopped_{run.reason}", n=n, **fields))
    blocks += [say("vanishing", layer=l, ratio=Number(ratio)) for l, ratio in run.vanishing]
    return blocks + [say("exploding", layer=l, ratio=Number(ratio)) for l, ratio in run.exploding]


def game(trace: Trace, kit: Kit) -> list[Block]:
    """The game that this network can play: two players, or three."""
    found = play(trace, kit.steps)
    key = "three" if found.has_girl else "two"
    say = kit.writer.say
    blocks: list[Block] = [
        kit.writer.heading(f"game_{key}"),
        say(f"cast_{key}"),
        say("porter"),
        say("edges"),
        *picture(trace, kit),
    ]
    for n, played in enumerate(found.rounds, start=1):
        blocks += [kit.writer.heading("round", 3, n=n), Bullets(_sentences(played, kit))]
    first, last = found.rounds[0], found.rounds[-1]
    ends = {"first": Number(first.value_of("loss")), "last": Number(last.value_of("loss_new"))}
    return [*blocks, say("game_end", n=len(found.rounds), **ends)]


def _sentences(trace: Trace, kit: Kit) -> list[Sentence]:
    """One round in words; every number is a value of its trace."""

    def number(name: str) -> Number:
        return Number(trace.value_of(name))

    def hearing(key: str, l: int, **more: Number) -> Sentence:
        own = {"signal": f"a{l - 1}[0]", "weight": f"W{l}[0,0]", "bias": f"b{l}[0]", "z": f"z{l}[0]"}
        return kit.writer.sentence(key, **{field: number(name) for field, name in own.items()}, **more)

    def learning(key: str, l: int) -> Sentence:
        own = {"weight": f"W{l}[0,0]", "new": f"W{l}_new[0,0]", "bias": f"b{l}[0]", "new_bias": f"b{l}_new[0]"}
        return kit.writer.sentence(key, **{field: number(name) for field, name in own.items()})

    say, L = kit.writer.sentence, trace.network.depth
    told = [hearing("hears", 1)]
    if L == 2:
        told = [hearing("girl_hears", 1, a=number("a1[0]")), hearing("guesser_hears_girl", 2)]
    told.append(say("guesses", a=number(f"a{L}[0]"), y=number("y[0]")))
    told.append(say("cat_says", loss=number("loss"), delta=number(f"delta{L}[0]")))
    if L == 2:
        carried = {"weight": "W2[0,0]", "delta": "delta2[0]", "error": "error1[0]", "slope": "slope1[0]"}
        told.append(
            say("cat_silent", **{key: number(name) for key, name in carried.items()}, hidden=number("delta1[0]"))
        )
    told.append(learning("guesser_learns", L))
    return [*told, learning("girl_learns", 1)] if L == 2 else told
