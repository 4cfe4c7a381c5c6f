"""`clearprop train`: from a table to a model file and a held-out score."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from glob import has_magic
from pathlib import Path
from typing import Any

from clearprop.cli import exits, interrupts, words
from clearprop.cli.exits import STANDARD_INPUT
from clearprop.cli.html_report.told import Told
from clearprop.cli.inputs import check_there, load_model, read_table
from clearprop.cli.log import Log, opened
from clearprop.cli.output_files import check_model_suffix, check_output, save_somewhere
from clearprop.cli.processes import spoken_by_first
from clearprop.cli.progress import Waiting, progress
from clearprop.cli.report_file import write_report
from clearprop.cli.standard_input import NAME, as_file, shown
from clearprop.cli.stream_options import STREAMS, OnDisk, StreamOptions, converted, on_disk
from clearprop.cli.training_options import OutputOptions
from clearprop.cli.training_report import document, print_after, print_before
from clearprop.cli.watching import watched
from clearprop.errors import FileError, require
from clearprop.files.checkpoints import SECONDS, Checkpoints
from clearprop.files.writing import write_whole
from clearprop.tables import NUMBERED, Reading
from clearprop.tabular.cross_validation import cross_validate, with_folds
from clearprop.tabular.details import check_description
from clearprop.tabular.fit import TableFit, train
from clearprop.tabular.preparation import Prepared, prepare
from clearprop.tabular.quantiles import Showing
from clearprop.tabular.scores import Scores
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.streamed_preparation import prepare_stream
from clearprop.training.joining import first_says


def run(
    file: Path,
    settings: TableSettings,
    *,
    outputs: OutputOptions,
    config: str | None,
    streams: StreamOptions = STREAMS,
) -> int:
    """Train, say what was done, save the model; the exit code. Of several processes the first prints and writes."""
    with spoken_by_first(outputs) as outputs:
        return _run(file, settings, outputs, config, streams)


def _run(
    file: Path, settings: TableSettings, outputs: OutputOptions, config: str | None, streams: StreamOptions
) -> int:
    checkpoints = _checkpoints(outputs)
    goes_on = checkpoints is not None and checkpoints.is_begun
    if goes_on and not outputs.force:  # an interrupted run has written its model
        outputs = replace(outputs, force=True)
    output = checked_output(file, settings, outputs)
    watching = watched(outputs.watch, shown(file))
    with _keeping(checkpoints), as_file(file) as there, opened(outputs.log) as log, watching as watch:
        kept = first_says(checkpoints.details("") if checkpoints is not None and goes_on else {})
        there = converted(there, streams, settings.read)
        stays = on_disk(there, streams, began="buffer" in kept)
        table = table_to_learn(there, settings) if stays is None else stays
        out = words.console()
        beside = words.console(error=True)
        showing = _showing(settings.time_limit, beside, log, watch, as_json=outputs.as_json)
        with Waiting(beside) as waiting:
            if goes_on:
                beside.print(f"going on from the checkpoints in {outputs.checkpoint}")
            told: list[str] = []
            if stays is not None:
                waiting.begin("looking at every row")

            def tell(sentence: str) -> None:
                (beside if told else out).print(sentence)
                if not told:
                    waiting.begin("compiling")
                told.append(sentence)

            begin = partial(_begin, shown(file), table, out, outputs, config, waiting)
            heard = None if outputs.as_json else tell
            ready, scores = _prepared(table, settings, heard, showing, begin, checkpoints, kept)
        with interrupts.kept():
            interrupts.check()
            sources, ended = sources_of(file, there, stays), interrupts.has_ended
            done = train(ready, sources=sources, on_end=ended, showing=showing, checkpoints=checkpoints)
            done = with_folds(done, scores) if scores else done
            code, place = saved(ready, done, scores, output, outputs)
        about = Told(shown(file), shape_of(table), ready, done, scores, place, outputs.report_language or "en")
        return code if outputs.report is None else write_report(outputs, about, code)


def table_to_learn(there: Path, settings: TableSettings) -> Reading:
    """The table; columns that have another use are left as they are written, and those of a model as it has them."""
    as_written = (*settings.category, *settings.keep, *settings.drop)
    names = [form.format(name) for name in as_written for form in ("{}", NUMBERED)]
    begun = None if settings.start is None else load_model(Path(settings.start), there)
    return read_table(there, begun, settings.read, names)


def checked_output(file: Path, settings: TableSettings, outputs: OutputOptions) -> Path:
    """The model file to write, and everything about files that can be known before any work."""
    has_name = file != STANDARD_INPUT and not has_magic(file.name)
    stem = (file.name.split(".")[0] if has_name else "") or "model"
    output = outputs.output or Path(f"{stem}.clearprop")
    others = [Path(other) for other in (settings.test_file, settings.validation_file) if other is not None]
    for path in (file, *others):
        check_there(path)
    for other in others:
        if file != STANDARD_INPUT and other.samefile(file):
            raise exits.UsageError(
                f"{other} is the table itself: rows that are trained on say nothing about new ones; name another file"
            )
    _check_report(outputs)
    written = [path for path in (output, outputs.log, outputs.report, outputs.save_config) if path is not None]
    for place, path in enumerate(written):
        check_output(path, force=outputs.force, inputs=(file, *others))
        if path.absolute() in [other.absolute() for other in written[:place]]:
            raise exits.UsageError(f"two outputs are to be written to {path}: give one of them another name")
    check_model_suffix(output)
    return output


def _check_report(outputs: OutputOptions) -> None:
    """Raise UsageError for options of which one would be ignored, MissingExtra where nothing can draw."""
    if outputs.report is None:
        if outputs.report_language is not None:
            raise exits.UsageError("--report-language is about a report: name its file, as --report report.html")
        return
    require("a report needs", "plots")
    if outputs.report.suffix.lower() not in (".html", ".htm"):
        raise exits.UsageError(f"the report {outputs.report} is a page, and its name should end in .html")


def _checkpoints(outputs: OutputOptions) -> Checkpoints | None:
    """The folder of checkpoints that was asked for."""
    if outputs.checkpoint is None:
        if outputs.resume or outputs.checkpoint_seconds is not None:
            option = "--resume" if outputs.resume else "--checkpoint-seconds"
            raise exits.UsageError(f"{option} is about checkpoints: name their folder, as --checkpoint run")
        return None
    exits.check_here(outputs.checkpoint)
    seconds = SECONDS if outputs.checkpoint_seconds is None else outputs.checkpoint_seconds
    with exits.asking():
        return Checkpoints(outputs.checkpoint, seconds, outputs.resume, words.console(error=True).print)


@contextmanager
def _keeping(checkpoints: Checkpoints | None) -> Iterator[None]:
    """What ends here by a signal can be gone on with, once there is a checkpoint."""
    try:
        yield
    except KeyboardInterrupt:
        if checkpoints is None or not checkpoints.is_begun:
            raise
        raise exits.InterruptedKept(checkpoints.folder) from None


def _prepared(
    reading: Reading | OnDisk,
    settings: TableSettings,
    tell: Callable[[str], object] | None,
    showing: Showing,
    begin: Callable[..., None],
    checkpoints: Checkpoints | None,
    kept: Mapping[str, Any],
) -> tuple[Prepared, tuple[Scores, ...]]:
    """The training that makes the model, and the scores of the folds before it, if there are any."""
    if isinstance(reading, OnDisk):
        stream = prepare_stream(reading.table, settings, reading.limit, kept, tell, reading.scratch)
        begin(stream.ready, [("memory", str(stream.memory)), ("scratch", stream.scratch)])
        return stream.ready, ()
    if settings.folds is None:
        ready = prepare(reading, settings, tell)
        begin(ready)
        return ready, ()
    found = cross_validate(reading, settings, tell=tell, showing=showing, begin=begin, checkpoints=checkpoints)
    return found.ready, found.scores


def _begin(
    file: str,
    reading: Reading | OnDisk,
    out: Any,
    outputs: OutputOptions,
    config: str | None,
    waiting: Waiting,
    ready: Prepared,
    takes: Sequence[tuple[str, str]] = (),
) -> None:
    """Say what was understood, and write the options, now that nothing about them is wrong."""
    waiting.end()
    check_description(ready.encoder, ready.target)
    if not outputs.as_json:
        more = [("read", reading.why), *takes] if isinstance(reading, OnDisk) else []
        print_before(file, shape_of(reading), ready, out, more)
    if config is not None and outputs.save_config is not None:
        write_whole(outputs.save_config, config.encode(), replace=outputs.force)


def shape_of(reading: Reading | OnDisk) -> tuple[int, int]:
    """How many rows and columns the table has."""
    if isinstance(reading, OnDisk):
        return reading.table.n_rows, len(reading.table.names)
    return reading.table.num_rows, reading.table.num_columns


def saved(
    ready: Prepared,
    done: TableFit,
    scores: tuple[Scores, ...],
    output: Path,
    asked: OutputOptions,
    more: Mapping[str, Any] | None = None,
) -> tuple[int, Path]:
    """Save the model and say what came out; the exit code, and where the model is. `more` goes into the document."""
    interrupted = done.fit.stopped_by == "interrupt"
    if interrupted and not done.fit.history:
        raise exits.InterruptedEarly
    with interrupts.undisturbed():
        place, elsewhere = save_somewhere(lambda path: done.model.save(path, replace=asked.force), output)
        if asked.as_json:
            found = {**document(place, ready, done, scores), **(more or {})}
            words.print_json(found if asked.report is None else {**found, "report": str(asked.report)})
        else:
            print_after(place, ready, done, scores, words.console())
        if interrupted and asked.checkpoint is not None:
            words.console(error=True).print(exits.TO_GO_ON.format(asked.checkpoint))
    if elsewhere is not None:
        raise FileError(f"{elsewhere}; the model was saved as {place}")
    return interrupts.exit_code() if interrupted else exits.DONE, place


def sources_of(file: Path, there: Path, stays: OnDisk | None) -> dict[str, Any]:
    """The file's name and fingerprint, by which `evaluate` knows the training file again."""
    if stays is not None:
        return {"file": file.name, "sha256": stays.table.fingerprint}
    if not there.is_file():
        return {"file": file.name, "sha256": None}
    with open(there, "rb") as stream:
        return {
            "file": NAME if file == STANDARD_INPUT else file.name,
            "sha256": hashlib.file_digest(stream, "sha256").hexdigest(),
        }


def _showing(time_limit: float | None, out: Any, log: Log | None, watch: Any, *, as_json: bool) -> Showing:
    """Readers of each training: progress (with --json only on a terminal), and log and page, where there is one."""
    hidden = as_json and not out.is_terminal

    @contextmanager
    def show(what: str, epochs: int) -> Iterator[tuple[Any, ...]]:
        readers: tuple[Any, ...] = () if log is None else (log.of(what),)
        if watch is not None:
            watch.begin(what)
            readers = (*readers, watch)
        if hidden:
            yield readers
            return
        with progress(epochs, time_limit, out, what) as callback:
            yield (callback, *readers)

    return show
