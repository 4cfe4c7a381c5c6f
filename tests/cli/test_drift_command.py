import json

import numpy as np
import pyarrow as pa

from sample_tables import flats, write


def test_rows_of_the_same_kind_end_with_0_and_others_with_4(run, trained, tmp_path):
    code, out, err = run("drift", trained / "flats.clearprop", trained / "flats.csv")
    assert (code, err) == (0, "")
    assert "none of 3 columns differs by more than chance makes" in out
    large = flats(600, seed=3)
    large = large.set_column(0, "size", pa.array(np.full(600, 300.0)))
    code, out, _ = run("drift", trained / "flats.clearprop", write(tmp_path / "large.csv", large))
    assert code == 4
    assert "1 of 3 columns differs by more than chance makes" in out
    assert "600 rows far outside the range of training" in out


def test_json_has_every_column(run, trained):
    code, out, _ = run("drift", trained / "pets.clearprop", trained / "pets.csv", "--json")
    found = json.loads(out)
    assert (code, found["differs"], found["rows"]) == (0, False, 300)
    assert {each["column"] for each in found["columns"]} == {"weight", "says"}
    assert all(0 <= each["distance"] <= 1 and each["probability"] > 0.01 for each in found["columns"])


def test_what_cannot_be_compared_is_a_sentence(run, trained, tmp_path):
    (tmp_path / "new.csv").write_text("weight\n3\n")
    code, _, err = run("drift", trained / "pets.clearprop", tmp_path / "new.csv")
    assert (code, "no column 'says'" in err) == (1, True)
