# ruff: noqa: E501 (a sentence is one string)
"""English: the number-guessing games."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "game_two": "The number-guessing game, two players",
    "game_three": "The number-guessing game, three players",
    "cast_two": "A guesser in a yellow cap hears a signal from the left and calls out a number to the right. A blue cat, who knows the number wanted, tells him how far off he was. He is the output, the cat is the error: a network without a hidden layer.",
    "cast_three": "A guesser in a yellow cap calls out a number to the right. The signal from the left reaches him only through a girl who stands between: she is the hidden layer. A blue cat, who knows the number wanted, tells the guesser how far off he was; it never says a word to her.",
    "porter": "The weights are porters. Forward they carry the signal, and backward the very same porters carry the error. As they would say: we do not make errors, we only carry them.",
    "edges_two": "The weight is drawn solid: the error reaches it directly. Its colour and sign show whether it is positive.",
    "edges_three": "The guesser's weight is drawn solid, as the error reaches it directly, the girl's weight dashed, as the error reaches it through him; colour and sign show whether a weight is positive.",
    "figure_two": "On the left a horn sounds the signal; a porter stands on the only weight, drawn solid; the guesser in the yellow cap calls out his number; the blue cat tells him how far off he was.",
    "figure_three": "On the left a horn sounds the signal; a porter stands on the weight to the girl, drawn dashed, and another on the weight from her to the guesser in the yellow cap, drawn solid; he calls out his number. The blue cat tells him how far off he was; its word reaches the girl only over his weight, along a dashed arrow.",
    "figure_signal": "signal",
    "figure_girl": "girl",
    "figure_guesser": "guesser",
    "figure_cat": "cat",
    "figure_wanted": "wanted: {y}",
    "figure_legend_two": "solid: the error is told directly",
    "figure_legend_three": "solid: the error is told directly · dashed: the error is carried there",
    "round": "Round {n}",
    "hears": "The guesser hears the signal {signal}. With his weight {weight} and bias {bias} it becomes {z}.",
    "girl_hears": "The girl hears the signal {signal}. With her weight {weight} and bias {bias} it becomes {z}, and she "
    "passes on {a}.",
    "guesser_hears_girl": "The guesser hears {signal} from her. With his weight {weight} and bias {bias} it becomes {z}.",
    "guesses": "He calls out {a}. The number wanted was {y}.",
    "cat_says_low": "The cat says: too low! Your loss is {loss}; it changes by {delta} for every unit added to your sum. That is how far off you are, your δ.",
    "cat_says_high": "The cat says: too high! Your loss is {loss}; it changes by {delta} for every unit added to your sum. That is how far off you are, your δ.",
    "cat_says_right": "The cat says: exactly right! Your loss is {loss}, and your δ, how far off you are, is {delta}.",
    "cat_silent": "To the girl the cat says nothing. The porter on the guesser's weight {weight} takes his {delta} and carries {error} back to her; times the derivative of her activation, {slope}, that is her δ: {hidden}.",
    "guesser_learns": "The guesser changes his weight from {weight} to {new} and his bias from {bias} to {new_bias}.",
    "girl_learns": "The girl changes her weight from {weight} to {new} and her bias from {bias} to {new_bias}.",
    "game_end": "In {n} rounds the loss went from {first} to {last}.",
    "game_end_one": "In one round the loss went from {first} to {last}.",
}  # fmt: skip
