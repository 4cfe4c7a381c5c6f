"""What was recorded is still so: the bits of fits of every kind, every explanation, what the commands print."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
from recorded import commands, digest, explanations, fits, machine, sums

FILE = Path(__file__).with_name("record.json")
ANEW = "if it was meant to, write the record anew: CLEARPROP_RECORD=1 pytest tests/record"


@pytest.fixture(scope="module")
def thetas():
    return {name: make() for name, make in fits()}


def on_record():
    """All that was recorded."""
    return json.loads(FILE.read_text(encoding="utf-8")) if FILE.exists() else {}


def compared(part, found):
    """Compare a part of the record, or write it anew where that was asked for."""
    record = on_record()
    if os.environ.get("CLEARPROP_RECORD"):
        FILE.write_text(json.dumps(record | {part: found}, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        return
    changed = [name for name in {**record[part], **found} if record[part].get(name) != found.get(name)]
    assert not changed, f"{len(changed)} of {len(found)} {part} changed ({ANEW}): {changed[:5]}"


def here_only(part, found):
    """Compare what differs between processors on a machine like that of the record; elsewhere skip."""
    here = f"{part} on {machine()}"
    if here not in on_record() and not os.environ.get("CLEARPROP_RECORD"):
        pytest.skip(f"no {part} on record for {machine()}")
    compared(here, found)


def test_fits_make_the_same_bits(thetas):
    assert len(thetas) >= 60
    here_only("bits", {name: digest(theta.tobytes()) for name, theta in thetas.items()})


def test_fits_come_to_the_same_sums_on_any_processor(thetas):
    found = {name: sums(theta) for name, theta in thetas.items()}
    if os.environ.get("CLEARPROP_RECORD"):
        compared("sums", found)
    record = on_record()["sums"]
    assert found.keys() == record.keys()
    for name, numbers in found.items():
        np.testing.assert_allclose(numbers, record[name], rtol=1e-4, atol=1e-3, err_msg=f"{name}: {ANEW}")


def test_explanations_say_the_same():
    found = {name: digest(make()) for name, make in explanations()}
    assert len(found) >= 400
    compared("explanations", found)


def test_commands_print_the_same(tmp_path):
    here_only("commands", {name: digest(text) for name, text in commands(tmp_path)})
