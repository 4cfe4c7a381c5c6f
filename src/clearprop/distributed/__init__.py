"""One training made by several processes: started by torchrun, on one machine or on several.

Every process makes the same fit with the same rows. A batch is cut into shards, each process computes the gradients of
its own, they are summed along one fixed tree, and every process makes the same update. `engine` is an engine that does
this behind the protocol of all engines, so the loop, sources of epochs and what reads them stay what they are; `team`
is what the reader of the epochs asks before it ends; `group` is the only file that talks to other processes.
"""

from clearprop.distributed.launch import SHARDS, Launch, is_first, launch, manner, settings
from clearprop.distributed.team import ALONE, Team

__all__ = ["ALONE", "SHARDS", "Launch", "Team", "is_first", "launch", "manner", "settings"]
