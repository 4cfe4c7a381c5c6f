"""Small faults in a source of Python: where one can be made, and the source with it.

A mutant is one changed operator, comparison, number, truth value or condition, or a statement left out.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from typing import Any

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or,
    ast.Or: ast.And, ast.MatMult: ast.Mult,
}  # fmt: skip


def places(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Every place where a mutant can be made, and which kind; docstrings, annotations and messages are left alone."""
    skipped = {id(inner) for node in ast.walk(tree) for outer in _quiet(node) for inner in ast.walk(outer)}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.BinOp | ast.AugAssign) and type(node.op) in SWAPS:
            yield "operator", node
        elif isinstance(node, ast.BoolOp):
            yield "logic", node
        elif isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in SWAPS:
            yield "comparison", node
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not | ast.USub):
            yield "sign", node
        elif isinstance(node, ast.Constant) and type(node.value) in (int, float, bool):
            yield "constant", node
        elif isinstance(node, ast.If | ast.IfExp):
            yield "condition", node
        elif _can_go(node):
            yield "statement", node


def _can_go(node: ast.AST) -> bool:
    """Whether a statement can be left out: a call, or something written to a place that there is already."""
    if isinstance(node, ast.Assign):
        return not isinstance(node.targets[0], ast.Name)
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)


def _quiet(node: ast.AST) -> list[ast.AST]:
    """Parts of a node whose meaning no behaviour depends on."""
    found: list[ast.AST] = []
    if isinstance(node, ast.FunctionDef):
        arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
        found += [each.annotation for each in arguments if each.annotation is not None]
        found += [] if node.returns is None else [node.returns]
    if isinstance(node, ast.AnnAssign):
        found.append(node.annotation)
    if isinstance(node, ast.Raise | ast.JoinedStr):
        found.append(node)
    return found


def mutated(source: str, number: int) -> tuple[str, str]:
    """The source with the mutant of this number in it, and what it is, in words."""
    tree = ast.parse(source)
    kind, node = list(places(tree))[number]
    before, line = ast.unparse(node).splitlines()[0], getattr(node, "lineno", 0)
    _change(tree, kind, node)
    ast.fix_missing_locations(tree)
    after = "pass" if kind == "statement" else ast.unparse(node).splitlines()[0]
    return ast.unparse(tree), f"line {line}: {before[:80]}  →  {after[:80]}"


def lines_of(source: str, number: int) -> tuple[int, int]:
    """The first and the last line of the statement that the mutant of this number changes, without its block."""
    tree = ast.parse(source)
    kind, node = list(places(tree))[number]
    changed: Any = node.test if kind == "condition" else node  # type: ignore[attr-defined]
    around = [each for each in ast.walk(tree) if isinstance(each, ast.stmt) and not hasattr(each, "body")]
    around = [each for each in around if each.lineno <= changed.lineno and changed.end_lineno <= _end(each)]
    whole = max(around, key=lambda each: each.lineno, default=changed)
    return whole.lineno, whole.end_lineno


def _end(statement: ast.stmt) -> int:
    return statement.end_lineno or statement.lineno


def _change(tree: ast.Module, kind: str, node: Any) -> None:
    match kind:
        case "operator" | "logic":
            node.op = SWAPS[type(node.op)]()
        case "comparison":
            node.ops[0] = SWAPS[type(node.ops[0])]()
        case "sign":
            node.op = ast.UAdd() if isinstance(node.op, ast.USub) else ast.Not()
            if isinstance(node.op, ast.Not):
                node.operand = ast.UnaryOp(ast.Not(), copy.deepcopy(node.operand))
        case "constant":
            value = node.value
            node.value = (not value) if isinstance(value, bool) else value + 1
        case "condition":
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case "statement":
            for parent in ast.walk(tree):
                for name in ("body", "orelse", "finalbody"):
                    block = getattr(parent, name, None)
                    if isinstance(block, list) and node in block:
                        block[block.index(node)] = ast.Pass()
                        return
