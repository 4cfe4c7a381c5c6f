"""A fit of one network that is written to a folder while it is under way, or goes on from there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clearprop.distributed import manner
from clearprop.files.checkpoints import Checkpoints, identity_of
from clearprop.training.keeper import Keeper
from clearprop.training.source import OneNetwork
from clearprop.training.stopping import Stopping


def kept_by(
    checkpoints: Checkpoints,
    source: OneNetwork,
    stopping: Stopping,
    *measured: Any,
    details: Mapping[str, Any] | None = None,
) -> Keeper:
    """What keeps a fit that is about to begin. Where it has a checkpoint, the state of the source becomes that one.

    Parameters
    ----------
    checkpoints : Checkpoints
    source : OneNetwork
    stopping : Stopping
    *measured : arrays
        What else the fit depends on: the validation rows.
    details : mapping, optional
        As for `Checkpoints.of`.

    Raises
    ------
    FileError
        When the checkpoints are those of another training.
    """
    job, state, data = source.job, source.state, source.data
    identity = identity_of(job, stopping, (*data, state.theta, *state.memory, *measured))
    kept = checkpoints.of("", identity, source.engine.made_with(job, data.layout) + manner(), details)
    source.state = kept.restored([state])[0]
    return Keeper(kept.write, kept.seconds)
