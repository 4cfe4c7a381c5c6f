"""The text of a model card: Mitchell et al. (2019), Model Cards for Model Reporting, from what a model file knows."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from clearprop.cli import words
from clearprop.cli.inspect import chosen_settings
from clearprop.cli.report import architecture, trivial_words
from clearprop.cli.scores_table import below_folds, below_scores, fold_rows, score_rows
from clearprop.errors import shortened
from clearprop.tables import ClassTarget, Moment, Number, Truth
from clearprop.tabular.cross_validation import Average
from clearprop.tabular.model import TableModel
from clearprop.tabular.seen import shown, value
from clearprop.tabular.summary import counted
from clearprop.tabular.usefulness import main_metric

MOST_LISTED = 100  # columns
MARKS = re.compile(r"([\\`*_{}\[\]<>|#])")


def card_text(model: TableModel, path: Path) -> str:
    """The card of a model that was read from this file."""
    parts = [f"# Model card: {_plain(', '.join(model.target.columns))}\n"]
    parts.append(
        "The sections are those of Mitchell and others (2019), *Model Cards for Model Reporting*. What stands in them "
        f"is what the model file knows (clearprop {model.version}); what it does not is marked for the author to "
        "write.\n"
    )
    for title, write in SECTIONS.items():
        parts.append(f"## {title}\n\n" + "\n\n".join(write(model, path)) + "\n")
    return "\n".join(parts)


def _details(model: TableModel, path: Path) -> list[str]:
    together = f", the mean of {len(model.thetas):,} networks of this kind" if len(model.thetas) > 1 else ""
    facts = {
        "model file": f"{path.name}, SHA-256 {hashlib.sha256(path.read_bytes()).hexdigest()}",
        "network": architecture(model.network) + together,
        "training": str(model.settings.get("ended") or "the file does not say how it ended"),
        "settings": "; ".join(chosen_settings(model).splitlines()),
        "imported from": str(model.settings.get("imported") or ""),
        "source of the weights": str(model.settings.get("from") or ""),
    }
    return [_facts(facts), _todo("who made it, when, under which licence, and whom to ask")]


def _use(model: TableModel, path: Path) -> list[str]:
    return [
        _list(model.target.describe(partial(words.number, digits=6)).splitlines()),
        _todo("what the predictions are for, who is to use them, and for what they must not be used"),
    ]


def _factors(model: TableModel, path: Path) -> list[str]:
    group = model.settings.get("group")
    kept = f"Rows of one {_plain(str(group))} stayed together in every split. " if group else ""
    return [
        f"{kept}No scores by group are in the file; `clearprop evaluate` on the rows of one group makes them.",
        _todo("which groups of people, places, devices or times the predictions may be worse for, and by how much"),
    ]


def _metrics(model: TableModel, path: Path) -> list[str]:
    chosen = main_metric(model.target, model.settings).replace("_", " ")
    said = (
        [f"The best epoch was chosen by the {chosen} of validation rows."] if "imported" not in model.settings else []
    )
    if isinstance(model.target, ClassTarget):
        said.append(f"Probabilities are brought to a temperature of {words.number(model.temperature)} on those rows.")
    if model.quantiles:
        named = ", ".join(f"{each.quantile:g}" for each in model.quantiles)
        said.append(f"The quantiles {named} are shifted so that the right share of those rows lies below each.")
    said.append(f"Beside each score stands that of the trivial predictor: {trivial_words(model)}.")
    return [_plain(" ".join(said)), _todo("why these are the right measures, and which mistakes cost most")]


def _evaluation(model: TableModel, path: Path) -> list[str]:
    settings = model.settings
    if model.held_out is None and not isinstance(settings.get("cross_validation"), Mapping):
        return ["No rows were held out, so the file says nothing about how good it is on new rows."]
    if model.held_out is None:
        return ["Each row was held out once, in cross-validation; the model that is saved learned from all rows."]
    how = "drawn at random"
    if settings.get("test_file"):
        how = f"those of {settings['test_file']}"
    elif settings.get("time_column"):
        how = f"the latest by {settings['time_column']}"
    elif settings.get("group"):
        how = f"whole groups by {settings['group']}, drawn at random"
    said = f"{words.plural(model.held_out.n_rows, 'row')} that no network learned from, {how}."
    return [_plain(said), _todo("whether these rows are like those that will be predicted")]


def _training(model: TableModel, path: Path) -> list[str]:
    settings, rows = model.settings, model.settings.get("rows") or {}
    purpose = {"train": "learned from", "validation": "choosing the best epoch", "test": "held out"}
    facts = {
        "file": str(settings.get("file") or ""),
        "SHA-256 of the file": str(settings.get("sha256") or ""),
        "rows": "; ".join(f"{rows[part]:,} {what}" for part, what in purpose.items() if rows.get(part)),
        "weights of rows": str(settings.get("weights") or ""),
    }
    head = ("column", "how it is used", "in training", "missing in training")
    steps = model.encoder.steps[:MOST_LISTED]
    table = _table(head, [(step.column, step.describe(), *_seen(model, step)) for step in steps])
    more = len(model.encoder.steps) - len(steps)
    left = [f"not used: {name} ({reason})" for name, reason in list(model.encoder.left_out.items())[:MOST_LISTED]]
    return [
        *([_facts(facts)] if any(facts.values()) else []),
        table + (f"\n\nand {more:,} more columns" if more > 0 else ""),
        *([_list(left)] if left else []),
        _todo("where the data come from, who is in them and who is not, and whether they may be used for this"),
    ]


def _seen(model: TableModel, step: object) -> tuple[str, str]:
    """Between which values training saw a column or which was most frequent, and the share of missing values."""
    kept = counted(step, model.settings)  # type: ignore[arg-type]
    missing = "" if kept is None or not sum(kept.counts) else words.share(kept.counts[-1] / sum(kept.counts))
    if isinstance(step, Number | Moment):
        match (model.settings.get("seen") or {}).get(step.column):
            case [float() as low, float() as high]:
                return " to ".join(shown(step, value(step, end)) for end in (low, high)), missing
    names = ("False", "True") if isinstance(step, Truth) else getattr(step, "categories", None)
    if kept is not None and names:
        first = max(range(len(names)), key=lambda k: kept.counts[k])
        return f"most often {names[first]}, {words.share(kept.counts[first] / sum(kept.counts))}", missing
    return "", missing


def _analyses(model: TableModel, path: Path) -> list[str]:
    found, kept = [], model.settings.get("cross_validation")
    if model.held_out is not None:
        found += [f"On the {model.held_out.n_rows:,} held-out rows:", _scores(score_rows(model, model.held_out))]
        found += map(_plain, below_scores(model, model.held_out))
    elif isinstance(kept, Mapping):
        means = {name: Average(*pair) for name, pair in kept["scores"].items()}
        said = f"By {kept['folds']}-fold cross-validation, mean ± standard deviation over the folds:"
        found += [said, _scores(fold_rows(means)), *map(_plain, below_folds(model, means))]
    else:
        found.append(_todo("scores on rows that it did not learn from; `clearprop evaluate` makes them"))
    matter = model.settings.get("importances")
    if isinstance(matter, Mapping):
        columns = sorted(matter["columns"].items(), key=lambda item: -item[1])[:MOST_LISTED]
        found.append(
            f"Which columns matter: by so much {model.scoring.importance} on {matter['rows']:,} validation rows, if "
            "the values of one are shuffled."
        )
        found.append(_table(("column", "importance"), [(name, words.number(rise, 3)) for name, rise in columns]))
    return found


def _ethics(model: TableModel, path: Path) -> list[str]:
    return [_todo("whom a prediction may harm, right or wrong, and which columns stand for what must not count")]


def _caveats(model: TableModel, path: Path) -> list[str]:
    said = [
        "Numbers and dates that lie more than a tenth of its range outside what training saw are told by `predict`: "
        "what is predicted there is a guess.",
        "A category that training did not have is treated as an unknown one, or as rare ones are, and is told.",
        "Importances, and the parts that `clearprop attribute` gives, say what the networks do, not what causes what.",
        "Whether new rows are like those of training: `clearprop drift`.",
    ]
    for target in getattr(model.target, "each", ()):
        if target.high < float("inf"):
            low, high = (words.number(float(target.in_unit(end)), 6) for end in (target.low, target.high))
            said.append(
                f"No prediction of {_plain(target.column)} is below {low} or above {high}, the ends of training."
            )
    return [_list(said, escape=False), _todo("what else is known to go wrong, and when to train again")]


SECTIONS: Mapping[str, Callable[[TableModel, Path], list[str]]] = {
    "Model details": _details,
    "Intended use": _use,
    "Factors": _factors,
    "Metrics": _metrics,
    "Evaluation data": _evaluation,
    "Training data": _training,
    "Quantitative analyses": _analyses,
    "Ethical considerations": _ethics,
    "Caveats and recommendations": _caveats,
}


def _todo(what: str) -> str:
    return f"*For the author to write: {what}.*"


def _facts(facts: Mapping[str, str]) -> str:
    return _list(f"{name}: {said}" for name, said in facts.items() if said)


def _list(items: Iterable[str], *, escape: bool = True) -> str:
    return "\n".join(f"- {_plain(item) if escape else item}" for item in items)


def _scores(rows: Sequence[tuple[str, str, str]]) -> str:
    return _table(("score", "network", "trivial"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *([_plain(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _plain(text: str) -> str:
    """A text without signs of Markdown or HTML: names come from files."""
    return MARKS.sub(r"\\\1", shortened(text, max(300, len(text)))).replace("\n", " ")
