"""What several commands say alike: scores beside the trivial predictor's, the confusion matrix, the network."""

from __future__ import annotations

from typing import Any

from clearprop.cli import words
from clearprop.engines import Choice, usable_cores
from clearprop.network import Network
from clearprop.tables import ClassTarget
from clearprop.tabular.model import TableModel
from clearprop.tabular.scores import ClassScores, NumberScores, Scores

MOST_SHOWN_CLASSES = 20  # rows and columns of a confusion matrix


def architecture(network: Network) -> str:
    """The network in a line: widths, activations, parameters."""
    widths = " → ".join(f"{width:,}" for width in network.widths)
    activations = ", ".join(layer.activation.name for layer in network.layers)
    return f"{widths} ({activations}; loss {network.loss.name}), {network.n_parameters:,} parameters"


def engine_facts(choice: Choice, threads: int | None) -> dict[str, Any]:
    """Which engine computes, why, and on how many threads at most: for JSON."""
    most = usable_cores() if threads is None else threads
    return {"engine": choice.engine.name, "engine_reason": choice.reason, "threads": most}


def engine_sentence(choice: Choice, threads: int | None) -> str:
    """The same in words."""
    most = engine_facts(choice, threads)["threads"]
    return f"{choice.engine.name} on up to {words.plural(most, 'thread')}, because {choice.reason}"


def print_scores(model: TableModel, scores: Scores, out: Any) -> None:
    """The scores as a table, with the trivial predictor's in the last column."""
    if isinstance(scores, ClassScores):
        rows = [
            ("accuracy", words.share(scores.accuracy), words.share(scores.trivial_accuracy)),
            (
                "balanced accuracy",
                words.share(scores.balanced_accuracy),
                words.share(1 / max(1, sum(map(any, scores.confusion)))),
            ),
            ("log loss", words.number(scores.log_loss), ""),
        ]
        if scores.calibration_error is not None:
            rows.append(("expected calibration error", words.share(scores.calibration_error), ""))
    else:
        rows = _number_rows(model.target.column, scores)
    words.table(("", "network", "trivial"), rows, out)
    if scores.is_useless:
        always = f"the most frequent class, {model.trivial}" if isinstance(scores, ClassScores) else "the mean"
        out.print(f"No better than always saying {always}: do not use it.")


def _number_rows(column: str, scores: NumberScores) -> list[tuple[str, str, str]]:
    show = words.number
    rows = [
        (f"RMSE of {column}", show(scores.rmse), show(scores.trivial_rmse)),
        (f"mean absolute error of {column}", show(scores.mae), show(scores.trivial_mae)),
        ("R²", show(scores.r2), ""),
    ]
    if scores.rmse_log is not None:
        assert scores.mae_log is not None
        assert scores.trivial_rmse_log is not None
        assert scores.trivial_mae_log is not None
        rows += [
            (f"RMSE of log({column})", show(scores.rmse_log), show(scores.trivial_rmse_log)),
            (f"mean absolute error of log({column})", show(scores.mae_log), show(scores.trivial_mae_log)),
        ]
    return rows


def print_confusion(target: ClassTarget, scores: ClassScores, out: Any) -> None:
    """Rows the true classes, columns the predicted ones; for many classes, only those most often confused."""
    labels = [str(label) for label in target.classes]
    if len(labels) <= MOST_SHOWN_CLASSES:
        out.print("Rows are the true classes, columns the predicted ones:")
        rows = [[label, *(f"{n:,}" for n in row)] for label, row in zip(labels, scores.confusion, strict=True)]
        words.table(("", *labels), rows, out)
        return
    mistakes = sorted(
        (
            (n, labels[i], labels[j])
            for i, row in enumerate(scores.confusion)
            for j, n in enumerate(row)
            if i != j and n > 0
        ),
        key=lambda found: (-found[0], found[1], found[2]),
    )
    out.print(
        f"The most frequent mistakes of {words.plural(sum(n for n, _, _ in mistakes), 'mistake')} (--json has all):"
    )
    words.table(("true", "predicted", "rows"), [(a, b, f"{n:,}") for n, a, b in mistakes[:20]], out, text_columns=2)
