# ruff: noqa: E501 (a sentence is one string)
"""English: the number-guessing games."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "game_two": "The number-guessing game, two players",
    "game_three": "The number-guessing game, three players",
    "cast_two": "A guesser in a yellow cap hears a signal on his left and calls out a number on his right. A blue cat, who "
    "knows the number wanted, tells him how far off he was. He is the output, the cat is the error: a network without a "
    "hidden layer.",
    "cast_three": "A guesser in a yellow cap calls out a number on his right. The signal on the left reaches him only "
    "through a girl who stands between: she is the hidden layer. A blue cat knows the number wanted and tells the "
    "guesser how far off he was; it never says a word to her.",
    "porter": "The weights are porters. Forward they carry the signal, and backward the very same porters carry the error. "
    "They would say: we do not make errors, we only carry them.",
    "edges": "Weights that the error reaches directly are drawn solid, those that it reaches through somebody dashed; "
    "whether a weight is positive is shown by its colour and mark.",
    "figure_two": "From the left a horn sounds the signal; a porter stands on the one weight, drawn solid; the guesser in the "
    "yellow cap calls out his number; the blue cat tells him how far off he was.",
    "figure_three": "From the left a horn sounds the signal; a porter stands on the weight to the girl, drawn dashed, and one "
    "on the weight from her to the guesser in the yellow cap, drawn solid; he calls out his number. The blue cat tells him how "
    "far off he was; to the girl its word comes back only over his weight, along a dashed arrow.",
    "figure_signal": "signal",
    "figure_girl": "girl",
    "figure_guesser": "guesser",
    "figure_cat": "cat",
    "figure_wanted": "wanted: {y}",
    "figure_legend": "solid: the error is told directly · dashed: it is carried there",
    "round": "Round {n}",
    "hears": "The guesser hears the signal {signal}. With his weight {weight} and bias {bias} it becomes {z}.",
    "girl_hears": "The girl hears the signal {signal}. With her weight {weight} and bias {bias} it becomes {z}, and she "
    "passes on {a}.",
    "guesser_hears_girl": "The guesser hears {signal} from her. With his weight {weight} and bias {bias} it becomes {z}.",
    "guesses": "He calls out {a}. Wanted was {y}.",
    "cat_says": "The cat says: your loss is {loss}; per unit of what you summed up it changes by {delta}.",
    "cat_silent": "To the girl the cat says nothing. The porter on the guesser's weight {weight} takes his {delta} and "
    "carries {error} back to her; with her slope {slope} that is {hidden}.",
    "guesser_learns": "The guesser moves his weight from {weight} to {new} and his bias from {bias} to {new_bias}.",
    "girl_learns": "The girl moves her weight from {weight} to {new} and her bias from {bias} to {new_bias}.",
    "game_end": "After {n} rounds the loss went from {first} to {last}.",
}  # fmt: skip
