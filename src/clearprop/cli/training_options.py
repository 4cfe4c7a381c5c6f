"""The options of `clearprop train`, in groups as its help shows them, and the settings that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from clearprop.cli import exits
from clearprop.cli.option_types import Flag, Force, Json, Several, Whole
from clearprop.cli.read_as import ReadAs

if TYPE_CHECKING:
    from clearprop.tabular.settings import TableSettings


@Parameter(name="*", group="Rows and columns")
@dataclass(frozen=True)
class RowOptions:
    """Which rows are learned from, validate and are held out, and what columns are for.

    Parameters
    ----------
    drop
        A column not to use; may be given several times, or with several names.
    category
        A column whose values are names, whatever they are made of, as codes and zip codes; as --drop.
    keep
        A column not to learn from, which 'predict' carries to its output, as an identifier; as --drop.
    skip_missing_target
        Leave out rows without a target instead of refusing them.
    weights
        A column with the weight of each row, at least 0; the scores count by it too.
    test
        Share of the rows held out for the score, by default 0.2; 0 learns from all.
    test_file
        A table to score on, instead of rows of FILE.
    validation_file
        A table whose rows choose the best epoch, instead of rows of FILE.
    folds
        Cross-validate with so many folds, as 5, say mean and standard deviation, then learn from all rows.
    group
        A column whose rows of one value stay together: in the part that is learned from, or in another.
    time_column
        A column of dates, times or numbers: the latest rows are held out, and only earlier ones are learned from.
    """

    drop: Annotated[list[str] | None, Several] = None
    category: Annotated[list[str] | None, Several] = None
    keep: Annotated[list[str] | None, Several] = None
    skip_missing_target: Annotated[bool, Flag] = False
    weights: str | None = None
    test: float | None = None
    test_file: Path | None = None
    validation_file: Path | None = None
    folds: Annotated[int | None, Whole] = None
    group: str | None = None
    time_column: str | None = None


@Parameter(name="*", group="How it is learned")
@dataclass(frozen=True)
class LearningOptions:
    """What is learned, by which network, and for how long.

    Parameters
    ----------
    task
        Predict classes or amounts. By default what the target looks like; the reason is printed.
    log_target
        Learn the logarithm of the target: for amounts above 0 that spread over orders of magnitude, as prices.
    quality
        From 1, in seconds, to 5, in minutes; 3 by default. It decides --ensemble, --hidden and --epochs where they are
        not given.
    hidden
        Neurons in each hidden layer, as 256,128; 0 for no hidden layer. By default 128,128,128.
    activation
        Of the hidden layers, as relu, tanh, gelu.
    ensemble
        How many networks to train and to average. By default 4, and 1 for more than 20,000 rows.
    epochs
        Most passes over the rows. By default 40, more for small tables.
    time_limit
        Seconds to train at most, folds and quantiles included; the best network so far is kept.
    learning_rate
        Of the first update, as 0.001; it falls along a cosine. By default 0.003 to 0.006, by the size of the table.
    batch_size
        Rows of one update. By default 64 to 256, by the size of the table.
    waves
        How many cosine waves of each number are learned beside it, as 16. By default none.
    target_means
        How many different values a category must have for the mean of the target over the rows of each to be an input
        too, as 50; 0 for none. By default 100.
    dropout
        The share of values dropped after each hidden layer, as 0.1. By default 0.15; of amounts, none from 10,000 rows.
    weight_decay
        How much weights decay, as 0.01. By default 0.02.
    probabilities
        Train for good probabilities of the classes rather than for the fewest mistakes.
    class_weight
        balanced, so that every class weighs the same in all, or CLASS=WEIGHT, which may be given several times.
    loss
        What is lowered for a number: squared_error, or poisson, for counts and other amounts of at least 0, as visits,
        claims or rates; no prediction is then below 0. By default squared_error.
    metric
        What the best epoch is chosen by: accuracy, balanced_accuracy, log_loss, roc_auc, average_precision, f1; rmse,
        mae, r2, poisson_deviance. By default accuracy, or rmse; with --loss poisson its deviance.
    threshold
        Of two classes: say the second from that probability on at which this score of the validation rows is the
        greatest: accuracy, balanced_accuracy or f1. By default from 0.5 on.
    quantiles
        Quantiles to predict beside the mean, as 0.05,0.95; each takes as long as the mean does.
    from_
        A model to go on from, as 'clearprop train' or 'clearprop import' wrote it: its columns, its target and its
        network stay, and it learns at a tenth of the usual rate.
    freeze
        Layers of it that stay as they are, as 1,2.
    layer_rates
        A factor on the learning rate of each of its layers, as 0.1,0.1,1.
    on_divergence
        When a loss is not finite any more: raise ends with an error, retry goes on from the best weights so far with
        half the learning rate, ten times at most.
    seed
        Decides the split, the initial weights and the order of the rows.
    engine
        What computes: auto takes the fastest that can; compiled, reference, torch.
    device
        Where torch computes: cpu, cuda, cuda:1, mps, or auto, which takes a GPU where it is worth it.
    precision
        Of the products of torch: float32, tf32, bf16.
    threads
        The most threads to compute with; by default one for each core that the program may use.
    """

    task: Literal["classification", "regression"] | None = None
    log_target: Annotated[bool, Flag] = False
    quality: Annotated[int, Whole] = 3
    hidden: str | None = None
    activation: str = "silu"
    ensemble: Annotated[int | None, Whole] = None
    epochs: Annotated[int | None, Whole] = None
    time_limit: float | None = None
    learning_rate: float | None = None
    batch_size: Annotated[int | None, Whole] = None
    waves: Annotated[int | None, Whole] = None
    target_means: Annotated[int | None, Whole] = None
    dropout: float | None = None
    weight_decay: float | None = None
    probabilities: Annotated[bool, Flag] = False
    class_weight: Annotated[list[str] | None, Several] = None
    loss: Literal["squared_error", "poisson"] | None = None
    metric: str | None = None
    threshold: Literal["accuracy", "balanced_accuracy", "f1"] | None = None
    quantiles: Annotated[list[str] | None, Several] = None
    from_: Annotated[Path | None, Parameter(name="--from")] = None
    freeze: str | None = None
    layer_rates: str | None = None
    on_divergence: Literal["raise", "retry"] = "raise"
    seed: Annotated[int, Whole] = 0
    engine: str = "auto"
    device: str = "cpu"
    precision: str = "float32"
    threads: str | None = None


@Parameter(name="*", group="What is written")
@dataclass(frozen=True)
class OutputOptions:
    """What a training leaves behind.

    Parameters
    ----------
    output
        The model file to write. By default named as FILE, in this folder.
    checkpoint
        A folder to keep the training in while it goes on, for --resume; the model file is written at the end all the
        same.
    checkpoint_seconds
        How long from one checkpoint to the next, at least.
    resume
        Go on where the last checkpoint of the same command is, as if it had never stopped; without one, begin.
    watch
        Open a page in your browser with the curves as they grow; closing it changes nothing.
    log
        A file to write a record of every epoch to, as run.jsonl: one JSON object a line.
    report
        A page to write about the training, as report.html: curves, scores, mistakes, what mattered, every column.
    report_language
        The report in English or 简体中文.
    save_config
        A file to write all options of this training to, as run.toml.
    config
        A file to take options from, as --save-config writes it; what is typed here wins.
    force
        Replace files that exist.
    as_json
        Print one JSON document instead of text.
    """

    output: Path | None = None
    checkpoint: Path | None = None
    checkpoint_seconds: float | None = None
    resume: Annotated[bool, Flag] = False
    watch: Annotated[bool, Flag] = False
    log: Path | None = None
    report: Path | None = None
    report_language: Literal["en", "zh"] | None = None
    save_config: Path | None = None
    config: Path | None = None
    force: Force = False
    as_json: Json = False


ROWS, LEARNING, OUTPUT = RowOptions(), LearningOptions(), OutputOptions()
# What is a setting of the same name as it is said.
AS_SAID = (
    "task", "log_target", "quality", "activation", "ensemble", "epochs", "time_limit", "learning_rate", "batch_size",
    "waves", "target_means", "dropout", "weight_decay", "probabilities", "loss", "metric", "threshold",
    "on_divergence", "seed",
    "engine", "device", "precision",
)  # fmt: skip


def settings_of(target: list[str] | None, rows: RowOptions, learning: LearningOptions, read: ReadAs) -> TableSettings:
    """The settings that the options make.

    Raises
    ------
    UsageError
        For a value that cannot be, or options that do not go together.
    """
    from clearprop.tabular.settings import TableSettings, stays

    _check_together(rows, learning)
    if learning.from_ is not None and learning.log_target:
        raise exits.UsageError(stays("--log-target"))
    with exits.asking():
        return TableSettings(
            target=_target(target),
            drop=tuple(rows.drop or ()),
            category=tuple(rows.category or ()),
            keep=tuple(rows.keep or ()),
            skip_missing_target=rows.skip_missing_target,
            weights=rows.weights,
            test=0.2 if rows.test is None else rows.test,
            test_file=None if rows.test_file is None else str(rows.test_file),
            validation_file=None if rows.validation_file is None else str(rows.validation_file),
            folds=rows.folds,
            group=rows.group,
            time_column=rows.time_column,
            hidden=None if learning.hidden is None else _layers(learning.hidden),
            class_weight=_class_weight(learning.class_weight),
            quantiles=_quantiles(learning.quantiles),
            start=None if learning.from_ is None else str(learning.from_),
            frozen=tuple(map(int, _numbers(learning.freeze, "--freeze", whole=True))),
            layer_rates=tuple(_numbers(learning.layer_rates, "--layer-rates")),
            n_threads=threads_of(learning.threads),
            read=read.options(),
            **{name: getattr(learning, name) for name in AS_SAID},
        )


def _check_together(rows: RowOptions, learning: LearningOptions) -> None:
    """Raise UsageError for options of which one would be ignored."""
    if rows.test is not None and (rows.test_file is not None or rows.folds is not None):
        other = "--test-file" if rows.folds is None else "--folds"
        raise exits.UsageError(f"{other} says what is held out, so --test would be ignored: leave one of them out")
    if learning.hidden == "0" and learning.activation != "silu":
        raise exits.UsageError("--activation is of hidden layers, and --hidden 0 has none: leave one of them out")


def _target(names: list[str] | None) -> str | tuple[str, ...] | None:
    return None if not names else names[0] if len(names) == 1 else tuple(names)


def _layers(text: str) -> tuple[int, ...]:
    """The hidden layers that "256,128" or "256x128" names; none for "0"."""
    try:
        sizes = tuple(int(part) for part in text.replace("x", ",").split(","))
    except ValueError:
        raise exits.UsageError(
            f"--hidden must name the neurons of each hidden layer, as 256,128, not {text!r}"
        ) from None
    if sizes == (0,):
        return ()
    if min(sizes) < 1:
        raise exits.UsageError(f"--hidden must name at least one neuron in each hidden layer, not {text!r}")
    return sizes


def _numbers(text: str | None, option: str, *, whole: bool = False) -> list[float]:
    """The numbers of an option, with commas between them."""
    try:
        return [] if text is None else [int(part) if whole else float(part) for part in text.split(",")]
    except ValueError:
        example = "1,2" if whole else "0.1,0.1,1"
        raise exits.UsageError(f"{option} is numbers with commas between them, as {example}, not {text!r}") from None


def _class_weight(texts: list[str] | None) -> str | Mapping[Any, float] | None:
    if not texts:
        return None
    if texts == ["balanced"]:
        return "balanced"
    found: dict[str, float] = {}
    for text in texts:
        label, _, factor = text.rpartition("=")
        try:
            found[label] = float(factor)
        except ValueError:
            label = ""
        if not label:
            raise exits.UsageError(f"--class-weight is balanced, or a class and its weight, as yes=5, not {text!r}")
    return found


def _quantiles(texts: list[str] | None) -> tuple[float, ...]:
    parts = [part for text in texts or () for part in text.split(",")]
    try:
        return tuple(float(part) for part in parts)
    except ValueError:
        raise exits.UsageError(
            f"--quantiles must be numbers between 0 and 1, as 0.05,0.95, not {','.join(parts)!r}"
        ) from None


def threads_of(text: str | None) -> int | None:
    """The number that --threads names."""
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and int(text) >= 1):
        raise exits.UsageError(f"--threads must be a whole number of at least 1, as 2, not {text!r}")
    return int(text)
