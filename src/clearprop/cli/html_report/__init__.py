"""`clearprop train --report`: one page about a training, that asks for no other file."""
