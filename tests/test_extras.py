"""What works with NumPy and scikit-learn alone, and what says in a sentence which extra it needs."""

import sys
import tomllib
from pathlib import Path

import pytest

import processes
from clearprop.errors import EXTRAS, MissingExtra, require

# Narwhals stays: scikit-learn itself brings it since 1.9.
ONLY_SOME_NEED = sorted({"openpyxl", "PIL", "pandas", "polars", *sum(EXTRAS.values(), ())} - {"narwhals"})
WITHOUT = f"""
import sys
import warnings
from importlib.machinery import PathFinder

class Rest:
    # Of what is installed, all but these.
    def find_spec(name, path=None, target=None):
        return None if name.split(".")[0] in {ONLY_SOME_NEED} else PathFinder.find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = Rest
"""
WORKS = """
import tempfile
import numpy as np
from pathlib import Path
warnings.filterwarnings("ignore", "Using the slower reference engine")
import clearprop
from clearprop import MLPClassifier, MLPRegressor, Network, check_gradient, load, train
from scipy.sparse import csr_matrix
X = np.linspace(-1, 1, 60).reshape(30, 2)
names = np.where(X[:, 0] > 0, "high", "low")
few = {"hidden_layer_sizes": (3,), "max_iter": 2, "tol": 1.0, "random_state": 0}
model = MLPClassifier(verbose=1, class_weight="balanced", **few).fit(X, names)
assert model.fit(X.tolist(), names.tolist()).predict(X).shape == (30,)
MLPRegressor(early_stopping=True, **few).fit(csr_matrix(X), X)
assert MLPClassifier(**few).fit(X, np.array(list(names), dtype=object)).score(X, names) >= 0
try:
    model.predict([["a", "b"]])
except ValueError as error:
    print(error)
file = Path(tempfile.mkdtemp()) / "m.clearprop"
model.save(file)
assert (MLPClassifier.load(file).predict(X) == model.predict(X)).all()
from clearprop.explain import Explanation
explanation = Explanation(model.explain(X[0], names[0]))
assert "z" in explanation.markdown() and "<html" in explanation.html()
network = Network.mlp([2, 3, 1])
trained = train(network, network.initial(), X, X[:, :1], epochs=1)
assert check_gradient(network, trained.parameters, X, X[:, :1]).passed
print(trained.engine)
"""


def without(code):
    return processes.python(WITHOUT + code)


def test_networks_on_arrays_need_numpy_and_scikit_learn_alone():
    done = without(WORKS)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("Iteration 1, loss = ")
    assert "X holds the text 'a' in row 0, column 0" in done.stdout
    assert lines[-1] in ("compiled", "reference")


def sentence(code):
    done = without(f"""
try:
    {code}
except Exception as error:
    print(type(error).__name__, error)
""")
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(
    ("code", "said", "extra"),
    [
        ("from clearprop import TabularClassifier", "estimators of tables need", "tables"),
        ("from clearprop.tables import read", "tables of columns need", "tables"),
        ("from clearprop.tabular import train", "tables of columns need", "tables"),
        (
            "from clearprop.lab import Watch", "the lab needs", "lab",
        ),
        (
            "from clearprop.formulas import array_namespace; array_namespace(object())",
            "arrays of another library than NumPy need", "arrays",
        ),
        (
            "from clearprop.explain import Explanation, case; Explanation(case('case_study').trace()).text()",
            "an explanation as plain text needs rich", "cli",
        ),
    ],
)  # fmt: skip
def test_what_needs_an_extra_says_how_to_get_it(code, said, extra):
    found = sentence(code)
    assert found.startswith(f"MissingExtra {said}"), found
    assert found.endswith(f": pip install 'clearprop[{extra}]'")


def test_the_command_says_which_extra_it_needs():
    done = without("from clearprop.cli import main; main(['--version'])")
    assert done.returncode == 1
    said = "clearprop: the command line needs cyclopts and rich and pyarrow"
    assert done.stderr.startswith(said)
    assert done.stderr.endswith(": pip install 'clearprop[cli]'\n")
    assert done.stdout == ""


def test_the_extras_are_those_of_the_project():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    named = {
        extra: {library.split(">=")[0].replace("-", "_") for library in project["optional-dependencies"][extra]}
        for extra in EXTRAS
    }
    for extra in ("cli", "lab", "widget"):
        named[extra] = named[extra] - {"clearprop[tables]"} | named["tables"]
    assert named == {extra: set(libraries) for extra, libraries in EXTRAS.items()}


def test_an_extra_that_is_there_is_not_asked_for():
    require("tables need", "tables")
    with pytest.raises(MissingExtra, match=r"^tables need nothing_of_this_name: pip install 'clearprop\[tables\]'$"):
        require("tables need", "tables", "nothing_of_this_name")


def test_a_tiny_network_without_a_compiler_trains_in_the_general_kernels_and_says_so_once():
    code = """
import warnings
import numpy as np
from clearprop import Network, train
from clearprop.engines.compiled.compiler import machine
from clearprop.engines.compiled.host import partition
partition.TINY_FROM_UPDATES = 1
network, X = Network.mlp([2, 2, 1]), np.eye(2)
trained = []
for there in (True, False, False):
    machine.has_extra = lambda extra: there
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        trained.append(train(network, network.initial(seed=1), X, X[:, :1], epochs=4, batch_size=1, seed=1))
    print(trained[-1].engine, trained[-1].engine_reason, len(caught), *(warning.message for warning in caught))
assert np.allclose(trained[0].parameters.theta, trained[1].parameters.theta, rtol=1e-12)
assert (trained[1].parameters.theta == trained[2].parameters.theta).all()
"""
    done = processes.run([sys.executable, "-c", code])
    assert done.returncode == 0, done.stderr
    printed, general, again = done.stdout.splitlines()
    best = "compiled it is the fastest and can do it; "
    assert printed == f"{best}a network this small trains in code printed for it alone 0 "[:-1]
    assert general.startswith(f"{best}it trains in the general kernels, as there is no compiler for code of its own 1 ")
    assert general.endswith("are not installed: `pip install 'clearprop[compiler]'`")
    assert again.endswith("code of its own 0")


def test_a_formula_of_ones_own_without_a_compiler_runs_on_the_reference_engine_and_says_so_once():
    code = """
import warnings
import numpy as np
from clearprop import Activation, Network, train
from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.compiler import kernel_cache
train(Network.mlp([2, 2, 1]), Network.mlp([2, 2, 1]).initial(), np.eye(2), np.ones((2, 1)), epochs=1)
sys.modules["numba"] = None
class Odd(Activation):
    def value(z):
        return z + 0.0625 * z * z * 0.59
network = Network.mlp([2, 2, 1], hidden=Odd)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    for seed in (1, 2):
        done = train(network, network.initial(seed=seed), np.eye(2), np.ones((2, 1)), epochs=1)
print(done.engine, len(caught), *(warning.message for warning in caught))
"""
    done = processes.run([sys.executable, "-c", f"import sys\n{code}"])
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("reference 1 Using the slower reference engine: ")
    assert "a kernel that is needed did not come with clearprop" in done.stdout or "no kernels for" in done.stdout
    assert "pip install 'clearprop[compiler]'" in done.stdout
