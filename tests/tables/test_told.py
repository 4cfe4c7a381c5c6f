"""Nothing is taken for something else, or left out, without a line that says what it looked like and how to keep it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from clearprop.tables import ReadOptions, fit_encoder, read

Y = [k / 7 for k in range(60)]


def notices(**columns):
    return fit_encoder(pa.table({**columns, "y": Y})).notices


def test_texts_that_differ_only_in_blanks_are_one_value_and_it_is_told():
    words = ["ja", "JA", "ja ", " ja", "nein"] * 12
    said = (
        "column 'w': ' ja' and 'ja' and 'ja ' differ only in the blanks around them and count as one value",
        "column 'w': 'JA' and 'ja' differ only in capitals and count as different values",
    )
    assert notices(w=words) == said
    assert notices(w=pa.array(words).dictionary_encode()) == said
    assert notices(w=[f" {word.strip()}" for word in words]) == said[1:]  # as after every comma


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ([f"name {k}" for k in range(60)], "60 different texts in 60 rows, it looks like an identifier; what"),
        (
            [[k, k] if k % 2 else [k] for k in range(60)],
            "several values in each row cannot be used; give each a column",
        ),
        ([{"a": k} for k in range(60)], "several values in each row cannot be used; give each a column of its own"),
        ([b"\xff%d" % k for k in range(60)], "bytes cannot be used; write them as text or as numbers"),
        ([3.0] * 60, "it is 3 in every training row"),
        ([None] * 60, "it has no values"),
        ([f"{k % 9}/{k % 11 + 1}/2024" for k in range(60)], "'0/1/2024'"),
    ],
)
def test_what_is_left_out_says_what_it_looked_like_and_how_to_keep_it(column, said):
    found = notices(c=column)
    assert len(found) == 1
    assert said in found[0] or "taken as text" in found[0]


def test_row_numbers_say_how_to_keep_them():
    assert "give it another name to use it" in notices(customer_id=list(range(60)))[0]
    assert notices(customers=list(range(60))) == ()


AMBIGUOUS = [f"{1 + k % 12:02d}/{1 + k % 11:02d}/2024" for k in range(60)]


def test_dates_that_may_be_another_day_are_told_where_they_are_read_as_in_training():
    clear = ["13/12/2024", *AMBIGUOUS[1:]]
    encoder = fit_encoder(pa.table({"when": clear, "y": Y})).encoder
    assert encoder.steps[0].order == "dmy"
    assert encoder.encode(pa.table({"when": clear, "y": Y})).remarks == ()
    remarks = encoder.encode(pa.table({"when": [None, "03/03/2024", *AMBIGUOUS[2:]], "y": Y})).remarks
    assert [str(remark) for remark in remarks if remark.kind == "order"] == [
        "column 'when': '12/01/2024' is read as 2024-01-12 (dmy), as in training; nothing in these rows tells whether "
        "day and month are not the other way round"
    ]
    others = (
        ["2024-03-04"] * 60,
        ["4 Mar 2024"] * 60,
        pd.date_range("2024", periods=60),
        [None] * 60,
        ["03/03/2024"] * 60,
    )
    for other in others:
        assert "order" not in [r.kind for r in encoder.encode(pa.table({"when": other, "y": Y})).remarks]


def test_what_the_user_said_of_dates_is_no_doubt_in_training(tmp_path):
    fitted = fit_encoder(pa.table({"when": AMBIGUOUS, "y": Y}), read=ReadOptions(dates="mdy"), strict=True)
    assert fitted.notices == ("column 'when': dates ('01/01/2024' is read as 2024-01-01)",)


def test_points_that_may_stand_between_thousands_are_told(tmp_path):
    (tmp_path / "t.csv").write_text("a;b;c\n" + "".join(f"{k + 1}.{k:03d};{k}.5;{k}.125\n" for k in range(30)))
    found = read(tmp_path / "t.csv")
    assert "'a': '1.000' is read as it stands (--decimal , if the point is between thousands)" in found.notices
    assert len(found.notices) == 2
    np.testing.assert_allclose(found.table.column("a").to_numpy()[:3], [1.0, 2.001, 3.002])
    said = read(tmp_path / "t.csv", options={"decimal": ","})
    assert fit_encoder(said.table, decimal=said.decimal).encoder.steps[0].centre == pytest.approx(15514.5)
