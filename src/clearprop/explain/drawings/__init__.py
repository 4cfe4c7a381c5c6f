"""Drawings: the network in both passes, an error shared, the porter, the loss over steps, the players of the game.

Each is an SVG that stands by itself, with a title and a description that tells its numbers; pages paint it in their own
colours, light or dark.
"""
