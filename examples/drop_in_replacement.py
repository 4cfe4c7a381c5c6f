"""A program written for scikit-learn's MLPClassifier, run with both classes: one import line is all that differs.

python examples/drop_in_replacement.py
"""

import time

from sklearn.datasets import load_digits
from sklearn.metrics import log_loss
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier as Theirs
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from clearprop import MLPClassifier as Ours


def program(MLPClassifier):
    """What the script does, with whichever class it is given."""
    X, y = load_digits(return_X_y=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, stratify=y, random_state=0)
    network = MLPClassifier(hidden_layer_sizes=(64,), early_stopping=True, max_iter=300, random_state=0)
    model = make_pipeline(MinMaxScaler(), network)
    began = time.perf_counter()
    model.fit(X_train, y_train)
    seconds = time.perf_counter() - began
    return model, model.score(X_test, y_test), log_loss(y_test, model.predict_proba(X_test)), seconds


if __name__ == "__main__":
    Ours((8,), max_iter=1, early_stopping=False).partial_fit([[0.0] * 64], [0], classes=range(10))  # compiles, once
    for name, kind in (("scikit-learn", Theirs), ("clearprop", Ours)):
        model, accuracy, loss, seconds = program(kind)
        print(
            f"{name:12}  test accuracy {accuracy:.3f}  log loss {loss:.3f}  {seconds:.2f} s  {model[-1].n_iter_} epochs"
        )
    print("and it says why it ended:", model[-1].stopping_reason_)
