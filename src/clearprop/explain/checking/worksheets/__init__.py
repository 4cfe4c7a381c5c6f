"""Sheets: a worked example as a person writes it down, the network first and then any named results.

A sheet is text, one statement a line, ``name = numbers`` or ``name: numbers``; what comes after # is a comment, and the
marks of Markdown lists, emphasis and code are looked over::

    network: 2-2-1                    # inputs, hidden neurons, outputs
    hidden: sigmoid                   # one activation, or one for each hidden layer
    output: sigmoid
    loss: squared_error               # (y − a)²; half_squared_error has the ½
    learning rate: 0.1
    x = 0.5, 0.3
    y = 0.8
    W1 = [[0.5, 0.3], [0.2, 0.4]]     # rows are inputs
    b1 = 0.1, 0.2
    W2 = [0.6, 0.7]
    b2 = 0.3

    z1 = 0.41, 0.47                   # from here on what the person worked out
    a1 = 0.601, 0.615
    delta2 = -0.0193
    dW2[1,0] = -0.0119
    W2_new = 0.601, 0.701
    loss_new = 0.00257

``case: mazur`` in place of the network takes a built-in case. The names may be those of books, of LaTeX or of the print
of `explain`, in English or Chinese; docs/explaining.md has a table of what is read. The text goes through these files,
in this order:

``signs``, ``lines``, ``splitting``, ``tables``
    from text to statements, a name and a value each (`toml` for sheets written as TOML);
``spelling``, ``phrases``, ``meanings``, ``names``
    from a name to what it means in a network, or why it cannot be known;
``numbers``, ``values``, ``arithmetic``, ``worked``, ``placing``
    from a value to numbers with their places, and the middles of worked lines;
``settings``, ``given``, ``setting_up``, ``results``, ``reading``
    the network, what is given, the steps of training and their results.
"""

from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.reading import entry_of, read_sheet
from clearprop.explain.checking.worksheets.sheet import Blank, Entry, Sheet, Step, Working
from clearprop.explain.checking.worksheets.statements import Statement, tidy_name

__all__ = [
    "Blank", "Entry", "Sheet", "Statement", "Step", "Working", "WrittenNumber", "entry_of", "read_sheet", "tidy_name",
]  # fmt: skip
