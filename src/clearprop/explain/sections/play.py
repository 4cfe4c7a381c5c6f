"""Step after step: the table of iterations, and the number-guessing games."""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.explain.derivations.games import Told, play
from clearprop.explain.derivations.iterations import iterate
from clearprop.explain.drawings.figures import loss_figure
from clearprop.explain.drawings.players import figure
from clearprop.explain.sections.kit import Kit
from clearprop.explain.writing.document import Block, Bullets, Number, Picture, Piece, Sentence, Table
from clearprop.explain.writing.numbers import finer_for
from clearprop.formulas import Symbol
from clearprop.trace.names import reference
from clearprop.trace.trace import Trace


def iterations(trace: Trace, kit: Kit) -> list[Block]:
    """Loss, a parameter and the δ norms, step after step; which layer's δ vanishes or explodes."""
    followed = kit.followed(trace)
    run = iterate(trace, kit.steps, chosen=(followed,))
    words, say = kit.writer.words, kit.writer.say
    layers = range(1, trace.network.depth + 1)
    head: list[Piece] = [
        words["iteration"],
        words["wiggle_loss"],
        Symbol(str(reference(followed))),
        *(words["norm_of"].format(layer=l) for l in layers),
    ]
    columns = list(zip(*((row.loss, *row.parameters, *row.norms) for row in run.rows), strict=True))
    finer = [_finer(column, kit.numbers.digits) for column in columns]
    rows: list[list[Piece]] = [
        [Number(row.updates), *(Number(column[i], finer=more) for column, more in zip(columns, finer, strict=True))]
        for i, row in enumerate(run.rows)
    ]
    blocks: list[Block] = [kit.writer.heading("iterations"), Table(head, rows)]
    drawn = loss_figure([row.loss for row in run.rows], kit.numbers, words)
    blocks.append(Picture(drawn, (words["loss_figure_words"],)))
    n = len(run.rows) - 1
    fields = {"tolerance": Number(run.tolerance)} if run.reason == "converged" else {}
    blocks.append(say(f"stopped_{run.reason}", n=n, **fields))
    blocks += [say("vanishing", layer=l, ratio=Number(ratio)) for l, ratio in run.vanishing]
    return blocks + [say("exploding", layer=l, ratio=Number(ratio)) for l, ratio in run.exploding]


def _finer(column: Sequence[float], digits: int) -> int:
    """How many digits more show every change of a column; at most four."""
    steps = zip(column[1:], column[:-1], strict=True)
    return min(4, max((finer_for(after, after - before, digits) for after, before in steps), default=0))


def game(trace: Trace, kit: Kit) -> list[Block]:
    """The game that this network can play, two players or three, with a drawing of them."""
    found = play(trace, kit.steps)
    key = "three" if found.has_girl else "two"
    words, say = kit.writer.words, kit.writer.say
    drawn = Picture(figure(found, kit.numbers, words), (words[f"figure_{key}"],))
    blocks: list[Block] = [kit.writer.heading(f"game_{key}"), say(f"cast_{key}"), say("porter")]
    blocks += [say(f"edges_{key}"), drawn]
    for n, played in enumerate(found.rounds, start=1):
        told = [_sentence(item, played, kit) for item in found.story if item.round == n]
        blocks += [kit.writer.heading("round", 3, n=n), Bullets(told)]
    first, last = found.rounds[0], found.rounds[-1]
    ends = {"first": Number(first.value_of("loss")), "last": Number(last.value_of("loss_new"))}
    return [*blocks, say("game_end", n=len(found.rounds), **ends)]


def _sentence(told: Told, played: Trace, kit: Kit) -> Sentence:
    """A sentence of the story with the numbers of its round's trace."""
    return kit.writer.sentence(told.key, **{field: Number(played.value_of(name)) for field, name in told.sites.items()})
