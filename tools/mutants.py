"""Mutation testing: small faults are put into formulas, network and training, and the tests have to notice.

``python tools/mutants.py --count 800 --seed 2026`` draws mutants, runs against each the tests named in `TESTS`, and
writes the survivors to build/mutants.json. A mutant is one changed operator, comparison, number, truth value or removed
statement. Tests run in processes forked from one that has imported everything, so a mutant takes as long as its tests.
"""

from __future__ import annotations

import argparse
import ast
import copy
import importlib
import json
import os
import random
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parents[1]
PACKAGE = PROJECT / "src" / "clearprop"
ROOMS = ("formulas", "network", "training")
LONGEST = 300  # seconds that the tests of one mutant may take; they take a tenth of it on a machine at rest
LEFT_OUT = {"training/progress.py": "what is shown while training", "formulas/printers": "tests/record holds it"}

# After tests/ROOM/test_FILE.py: what else covers a file. The first that fails ends a mutant's run.
TESTS = {
    "formulas": ["tests/formulas"],
    "network": ["tests/network"],
    "training": ["tests/training"],
}

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult, ast.FloorDiv: ast.Mult, ast.Pow: ast.Mult,
    ast.Mod: ast.Mult, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In, ast.And: ast.Or,
    ast.Or: ast.And, ast.MatMult: ast.Mult,
}  # fmt: skip


def sources() -> list[Path]:
    """The files that mutants are drawn from."""
    files = [path for room in ROOMS for path in sorted((PACKAGE / room).rglob("*.py"))]
    return [path for path in files if not any(part in path.as_posix() for part in LEFT_OUT)]


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


def drawn(count: int, seed: int) -> list[tuple[Path, int]]:
    """So many different mutants of all that there are, each equally likely."""
    every = [(path, n) for path in sources() for n in range(len(list(places(ast.parse(path.read_text())))))]
    count = min(count, len(every))
    print(f"{len(every):,} mutants in {len(sources())} files; {count} drawn with seed {seed}", flush=True)
    return random.Random(seed).sample(every, count)


def tests_of(path: Path) -> list[str]:
    """The tests to run, those of the file itself first."""
    room, name = path.relative_to(PACKAGE).parts[0], path.stem.removeprefix("_")
    own = PROJECT / "tests" / room / f"test_{name}.py"
    return [*([str(own)] if own.exists() else []), *TESTS[room]]


def began(path: Path, number: int) -> dict[str, Any]:
    """Start the tests of a mutant in a process of its own; what is known of it."""
    source, what = mutated(path.read_text(), number)
    child = os.fork()
    if child == 0:
        try:
            signal.alarm(LONGEST + 10)  # should nobody be there any more who waits
            status = _run(path, source)
        except BaseException:  # never on into the loop of the process that it was forked from
            status = 1
        os._exit(status)
    place = path.relative_to(PACKAGE).as_posix()
    return {"process": child, "file": place, "what": what, "since": time.monotonic()}


def ended(one: dict[str, Any]) -> bool:
    """Whether its tests are over; it then says how: "killed", "survived", or "endless" where they took too long."""
    done, status = os.waitpid(one["process"], os.WNOHANG)
    seconds = time.monotonic() - one["since"]
    if done:
        one["ended"] = "survived" if os.waitstatus_to_exitcode(status) == 0 else "killed"
    elif seconds > LONGEST:
        os.kill(one["process"], signal.SIGKILL)
        os.waitpid(one["process"], 0)
        one["ended"] = "endless"
    one["seconds"] = round(seconds, 1)
    return "ended" in one


def _run(path: Path, source: str) -> int:
    """In a process of its own: the tests with the mutant in the place of the file."""
    sys.dont_write_bytecode = True
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    import importlib.machinery

    actual = importlib.machinery.SourceFileLoader.get_code

    def get_code(loader: Any, name: str) -> Any:
        if Path(loader.path) == path:
            return compile(source, str(path), "exec")
        return actual(loader, name)

    importlib.machinery.SourceFileLoader.get_code = get_code  # type: ignore[method-assign]
    import pytest

    options = ["-q", "-x", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not torture"]
    stages = tests_of(path)
    return next((status for tests in stages if (status := int(pytest.main([*options, tests])))), 0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=800)
    parser.add_argument("--seed", type=int, default=2026)
    parser.add_argument("--processes", type=int, default=os.cpu_count())
    asked = parser.parse_args()
    os.chdir(PROJECT)
    os.environ.update(OPENBLAS_NUM_THREADS="1", CLEARPROP_MUTANT="1")
    for library in ("numpy", "scipy.optimize", "hypothesis", "pytest", "sklearn.base", "sympy", "numba", "pyarrow"):
        importlib.import_module(library)  # once, for all that are forked from here
    left, running, found = drawn(asked.count, asked.seed), [], []
    while left or running:
        while left and len(running) < asked.processes:
            running.append(began(*left.pop()))
        for one in [each for each in running if ended(each)]:
            running.remove(one)
            found.append({name: value for name, value in one.items() if name not in ("process", "since")})
            if one["ended"] == "survived":
                print(f"survived: {one['file']} {one['what']} ({one['seconds']} s)", flush=True)
            if len(found) % 10 == 0:
                noticed = sum(each["ended"] != "survived" for each in found)
                print(f"{len(found)} tried, {noticed / len(found):.1%} noticed", flush=True)
        time.sleep(0.02)
    Path("build").mkdir(exist_ok=True)
    Path("build/mutants.json").write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")
    killed, endless = (sum(each["ended"] == word for each in found) for word in ("killed", "endless"))
    print(f"{endless} did not end within {LONGEST} s, which is noticed too")
    killed += endless
    print(f"{killed} of {len(found)} killed ({killed / len(found):.1%}); survivors are in build/mutants.json")


if __name__ == "__main__":
    main()
