"""Thousands of spoilt tables on the command line: trained on, predicted, evaluated. Each command ends with its code."""

from collections import Counter
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.parquet
import pytest
from mutations import spoilt_bytes, spoilt_text
from watching import Watch, ended_at_last

from clearprop.cli import exits
from clearprop.cli.app import app
from clearprop.files import load
from sample_tables import flats, pets

LONGEST = 5.0  # seconds that one command may take
TRAIN = ["--hidden", "2", "--epochs", "1", "--ensemble", "1", "--engine", "reference", "--threads", "1"]
KINDS = (".csv", ".csv", ".csv", ".tsv", ".parquet", ".npz")


def contents(folder):
    """The bytes of a whole file of each kind, by target and ending."""
    made = {}
    for name, table in (("rent", flats(60)), ("kind", pets(60))):
        text = pa.BufferOutputStream()
        pyarrow.csv.write_csv(table, text)
        made[name, ".csv"] = text.getvalue().to_pybytes()
        made[name, ".tsv"] = made[name, ".csv"].replace(b",", b"\t")
        binary = pa.BufferOutputStream()
        pyarrow.parquet.write_table(table, binary)
        made[name, ".parquet"] = binary.getvalue().to_pybytes()
        numbers = table.select([column for column in table.column_names if pa.types.is_floating(table[column].type)])
        np.savez(folder / "t.npz", X=np.stack([c.to_numpy() for c in numbers.columns], axis=1), y=np.arange(60) % 3)
        made[name, ".npz"] = (folder / "t.npz").read_bytes()
    return made


def spoilt(content, suffix, draw):
    if suffix in (".csv", ".tsv"):
        made = spoilt_text(content.replace(b"\t", b","), draw)
        return made.replace(b",", b"\t") if suffix == ".tsv" else made
    # Of a binary file only what is in front of its own library's checks: cut off, not from here, or the wrong ending.
    match draw.integers(4):
        case 0:
            return content[: int(draw.integers(len(content)))]
        case 1:
            return spoilt_bytes(content[:12], draw) + content[12:]
        case 2:
            return bytes(draw.integers(0, 256, 200, dtype="u1"))
        case _:
            return content


@cache
def read_once(*arguments):
    """A command with its options, read once: that is most of what a command takes, and no table changes it."""
    command, bound, _ = app.parse_args(list(arguments), exit_on_error=False, print_error=False)
    return lambda: command(*bound.args, **bound.kwargs)


def code_of(arguments):
    """Its exit code; whatever goes wrong ends in a sentence, as of `clearprop.cli.app.exit_code`."""
    with ended_at_last():
        try:
            return read_once(*map(str, arguments))()
        except BaseException as error:
            return exits.ending(error)


def attack(folder, trained, capfd, n_files, seed):
    """Give spoilt tables to commands; how they ended, and a sentence for each that ended as it must not."""
    outcomes, faults, whole = Counter(), [], contents(folder)
    models = {"rent": trained / "flats.clearprop", "kind": trained / "pets.clearprop"}
    for number in range(n_files):
        draw = np.random.default_rng([seed, number])
        target, suffix = ("rent", "kind")[number % 2], KINDS[draw.integers(len(KINDS))]
        file, output = folder / f"t{suffix}", folder / "m.clearprop"
        file.write_bytes(spoilt(whole[target, suffix], suffix, draw))
        output.unlink(missing_ok=True)
        wanted = "y" if suffix == ".npz" else target
        commands = {
            "train": ["train", file, "--target", wanted, "--output", output, *TRAIN],
            "predict": ["predict", models[target], file, "--output", folder / "p.csv", "--force"],
            "evaluate": ["evaluate", models[target], file],
        }
        for name in ("train",) if draw.random() < 0.5 else ("predict", "evaluate"):
            watch = Watch()
            code = code_of(commands[name])
            seconds = watch.seconds()
            _, err = capfd.readouterr()
            outcomes[f"{name} {code}"] += 1
            said = f"{name} {number} ({suffix}, code {code}): {err[:300]!r}"
            if code not in (0, 1, 3) or "fault of clearprop" in err or (code and "clearprop: " not in err):
                faults.append(said)
            if seconds > LONGEST:
                faults.append(f"took {seconds:.1f} s: {said}")
            if name == "train" and code == 0:
                load(output)
            if name == "train" and code and output.exists():
                faults.append(f"a model was written: {said}")
    left = {path.name for path in folder.iterdir()} - {f"t{suffix}" for suffix in KINDS} - {"m.clearprop", "p.csv"}
    return outcomes, [*faults, *(f"{name} was left behind" for name in left)]


def show(outcomes, faults):
    print(dict(outcomes), f"{len(faults)} faults")  # noqa: T201
    assert not faults, "\n".join(faults[:40])


def test_spoilt_tables_end_in_a_sentence_or_are_used(tmp_path, trained, capfd):
    outcomes, faults = attack(tmp_path, trained, capfd, 200, seed=1)
    show(outcomes, faults)
    assert outcomes["train 0"] > 10
    assert outcomes["train 1"] + outcomes["train 3"] > 10


@pytest.mark.torture
def test_five_thousand_spoilt_tables(tmp_path, trained, capfd, figure):
    outcomes, faults = attack(tmp_path, trained, capfd, 5_500, seed=2)
    figure("spoilt tables on the command line", f"{sum(outcomes.values()):,} commands, {len(faults)} faults")
    show(outcomes, faults)
