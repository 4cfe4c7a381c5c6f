"""Formulas that a kernel has a word of its own for: recognised in any tree, whoever wrote it.

The word computes the same in fewer operations than the formula says, because in a kernel an overflow is a number like
any other and the parts of a function can be taken apart.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from clearprop.formulas.activations import Logistic
from clearprop.formulas.expressions import Apply, Expression, Symbol

# The kernel's word, and the forms of what it computes, in one symbol.
IDIOMS: Mapping[str, Sequence[Expression]] = {"logistic": (Logistic.tree("value"), Logistic.tree("stable"))}


def idiom(tree: Expression, number: Mapping[int, int]) -> tuple[str, int] | None:
    """The word for the whole of `tree` and the number of its argument, or None.

    Parameters
    ----------
    tree : Expression
    number : mapping of int to int
        For the id of every node below `tree` that is no constant, a number that equal values share.

    Examples
    --------
    >>> from clearprop.formulas import Symbol, exp
    >>> from clearprop.formulas.expressions import nodes
    >>> from clearprop.formulas.printers.idioms import idiom
    >>> tree = 1 / (1 + exp(-(2 * Symbol("z"))))
    >>> numbers = {id(node): n for n, node in enumerate(nodes(tree))}
    >>> word, argument = idiom(tree, numbers)
    >>> word, str(list(nodes(tree))[argument])
    ('logistic', '2·z')
    """
    for word, forms in IDIOMS.items():
        for form in forms:
            found: set[int | None] = set()
            if _is_form(tree, form, number, found) and len(found) == 1 and (argument := found.pop()) is not None:
                return word, argument
    return None


def _is_form(tree: Expression, form: Expression, number: Mapping[int, int], found: set[int | None]) -> bool:
    """Whether `tree` is `form` with something in place of its symbols; `found` gathers the numbers of those."""
    if isinstance(form, Symbol):
        found.add(number.get(id(tree)))
        return True
    if isinstance(form, Apply):
        return (
            isinstance(tree, Apply)
            and tree.function == form.function
            and all(_is_form(*pair, number, found) for pair in zip(tree.arguments, form.arguments, strict=True))
        )
    return tree == form
