"""Stretches of θ that one rate factor and one decay factor hold for, as every engine's update needs them."""

from __future__ import annotations

from clearprop.network import Block


def spans(blocks: tuple[Block, ...], *, decays: bool) -> list[Block]:
    """The blocks of θ, neighbours with the same factors joined; decay factors count only if anything decays."""
    joined: list[Block] = []
    for block in blocks:
        block = block if decays else block._replace(decay=0.0)
        if joined and (joined[-1].rate, joined[-1].decay) == (block.rate, block.decay):
            joined[-1] = joined[-1]._replace(stop=block.stop)
        else:
            joined.append(block)
    return joined
