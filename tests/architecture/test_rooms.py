"""The architecture as a test: who imports whom, who prints, how long files and functions are, what an import costs."""

import ast
from pathlib import Path

import pytest
from importlinter.cli import lint_imports

import clearprop
import processes

PROJECT = Path(__file__).parents[2]
PACKAGE = Path(clearprop.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
TESTS = sorted((PROJECT / "tests").rglob("*.py"))
LONGEST_FILE, LONGEST_FUNCTION = 300, 40  # lines without docstrings and signatures

# Only these may import these libraries (folders and files of the package).
IMPORTERS = {
    "matplotlib": ("plots",),
    "numba": ("engines/compiled/kernels", "engines/compiled/compiler"),
    "sklearn": ("estimators", "search", "cli", "plots", "tabular/splitting.py"),  # by groups, times: as everybody's
    "rich": ("cli", "explain/renderers/terminal.py", "training/progress.py"),
    "cyclopts": ("cli",),
    "starlette": ("lab",),
    "uvicorn": ("lab",),
    "sympy": (),
    "torch": ("engines/torch", "distributed/group.py", "files/importers", "files/export/torch.py"),
    "keras": ("files/importers", "files/export/keras.py"),
    "pyfive": ("files/importers",),
    "pickle": (),
    "pandas": (),
}
PRINTERS = ("cli", "training/progress.py")
LONG_FUNCTIONS = {
    "training/lbfgs.py:lbfgs_epochs": "SciPy calls back from a thread, and its closures share the generator's state",
}


def name_of(path):
    return path.relative_to(PACKAGE).as_posix()


def name_of_test(path):
    return path.relative_to(PROJECT / "tests").as_posix()


def is_in(path, rooms):
    return any(name_of(path) == room or name_of(path).startswith(f"{room}/") for room in rooms)


def parsed(path):
    return ast.parse(path.read_text(encoding="utf-8"))


def docstring_lines(tree):
    """The numbers of the lines that are docstrings."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
            found |= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    return found


def test_the_import_contracts_hold():
    assert lint_imports(config_filename=str(PROJECT / "pyproject.toml"), no_cache=True) == 0


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_libraries_are_imported_where_they_belong(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = [node.module]
        else:
            continue
        for module in modules:
            library = module.split(".")[0]
            assert is_in(path, IMPORTERS.get(library, [name_of(path)])), f"line {node.lineno} imports {library}"


@pytest.mark.parametrize("path", [path for path in FILES if not is_in(path, PRINTERS)], ids=name_of)
def test_only_the_command_line_and_the_reader_behind_verbose_print(path):
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "print", f"line {node.lineno} prints"
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {("sys", "stdout"), ("sys", "stderr")}, f"line {node.lineno}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_files_and_functions_are_short_enough_to_read(path):
    tree = parsed(path)
    documentation = docstring_lines(tree)
    n_lines = len(path.read_text(encoding="utf-8").splitlines()) - len(documentation)
    assert n_lines <= LONGEST_FILE
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and f"{name_of(path)}:{node.name}" not in LONG_FUNCTIONS:
            body = set(range(node.body[0].lineno, node.end_lineno + 1)) - documentation
            assert len(body) <= LONGEST_FUNCTION, f"{node.name} has {len(body)} lines"


def test_the_exceptions_to_the_length_of_functions_are_needed():
    for name in LONG_FUNCTIONS:
        file, function = name.split(":")
        tree = parsed(PACKAGE / file)
        (node,) = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef) and n.name == function)
        assert len(set(range(node.body[0].lineno, node.end_lineno + 1)) - docstring_lines(tree)) > LONGEST_FUNCTION


def test_files_of_tests_are_short_enough_to_read():
    lengths = {name_of_test(path): len(path.read_text(encoding="utf-8").splitlines()) for path in TESTS}
    too_long = {name: n for name, n in lengths.items() if n > LONGEST_FILE}
    assert not too_long, too_long


# Functions of tests that are longer, and why.
LONG_TESTS = {
    "mistakes_made.py:made": "a table, one mistake after the other, that shares a page of abbreviations",
    "optimizer_mistakes.py:of_optimizers": "a table, one mistake after the other",
}


def test_functions_of_tests_are_short_enough_to_read():
    lengths = {}
    for path in TESTS:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef):
                lengths[f"{name_of_test(path)}:{node.name}"] = node.end_lineno - node.body[0].lineno + 1
    too_long = {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION}
    assert too_long.keys() == LONG_TESTS.keys(), too_long


def run(code):
    return processes.python(code).stdout


def test_importing_clearprop_brings_neither_scikit_learn_nor_numba_nor_other_heavy_libraries():
    heavy = ["sklearn", "numba", "scipy", "pyarrow", "pandas", "rich", "cyclopts", "matplotlib", "torch", "sympy",
             "starlette", "uvicorn"]  # fmt: skip
    loaded = run(f"import clearprop, sys; print([name for name in {heavy} if name in sys.modules])")
    assert loaded.strip() == "[]"


def test_the_estimators_are_there_when_asked_for():
    code = "import clearprop, sys; clearprop.MLPClassifier, clearprop.MLPRegressor; print('sklearn' in sys.modules)"
    assert run(code).strip() == "True"
    with pytest.raises(AttributeError, match="module 'clearprop' has no attribute 'MLPClasifier'"):
        clearprop.MLPClasifier  # noqa: B018


def test_dir_shows_the_public_names_and_the_rooms_and_nothing_else():
    rooms = {folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists()} - {"cli"} | {"errors"}
    assert {name for name in dir(clearprop) if not name.startswith("__")} == {*clearprop.__all__, *rooms} - {
        "__version__"
    }
    code = f"import clearprop; print([getattr(clearprop, room).__name__ for room in {sorted(rooms)}])"
    assert run(code).strip() == str([f"clearprop.{room}" for room in sorted(rooms)])


def test_training_and_predicting_bring_neither_the_glass_box_nor_the_compiler_of_kernels():
    kept_out = {"clearprop.explain", "numba", "llvmlite"}
    brought = run(f"import clearprop, sys; clearprop.MLPClassifier; print({kept_out} & {{*sys.modules}})")
    assert brought.strip() == "set()"


def test_importing_clearprop_takes_less_than_300_ms_more_than_numpy():
    """In time of the processor, the least of five runs each, so that what else the machine does counts little."""

    def seconds(module):
        return float(run(f"import {module}, time; print(time.process_time())"))

    least = {module: min(seconds(module) for _ in range(5)) for module in ("clearprop", "numpy")}
    assert least["clearprop"] - least["numpy"] < 0.3
