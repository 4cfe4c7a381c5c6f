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
        ([f"{k % 9}/{k % 11 + 1}/2024" for k in range(60)], "values are dates and the others words ('0/1/2024'"),
        ([f"{k / 7:.2f} kg" for k in range(60)], "looks like numbers with a unit ('0.00 kg'): write the numbers alone"),
        (
            [f"low{k}" if k % 9 == 0 else f"{k / 7:.2f}" for k in range(60)],
            "53 of 60 values are numbers and the others words ('low0', 'low9', 'low18', 'low27', 'low36', …); correct "
            "the words, or name those that stand for a missing value: --missing WORD",
        ),
    ],
)
def test_what_is_left_out_says_what_it_looked_like_and_how_to_keep_it(column, said):
    found = notices(c=column)
    assert len(found) == 1
    assert said in found[0]


def test_row_numbers_say_how_to_keep_them():
    assert "give it another name to use it" in notices(customer_id=list(range(60)))[0]
    assert "whole numbers, all different, are no amounts by chance" in notices(customers=list(range(60)))[0]


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


@pytest.mark.parametrize("stand_in", [-999, -9, 999, 99])
def test_a_number_that_may_stand_for_a_missing_value_is_told(stand_in):
    values = [stand_in if k % 8 == 0 else k % 5 / 3 for k in range(60)]
    said = f"column 'v': 8 values are {stand_in}, far from all others: --missing {stand_in} if they are missing"
    assert notices(v=values) == (said,)
    again = fit_encoder(pa.table({"v": values, "y": Y}), read=ReadOptions(missing=(str(stand_in),)))
    assert again.notices == ()
    assert again.encoder.steps[0].missing


@pytest.mark.parametrize(
    "values",
    [
        [99 if k == 7 else k % 5 for k in range(60)],  # once
        [99 if k % 8 == 0 else 90 + k % 9 for k in range(60)],  # near the others
        [-999 if k % 2 else 999 for k in range(60)],
        [7 if k % 8 == 0 else 1000 + k for k in range(60)],
    ],
)
def test_other_numbers_are_no_surprise(values):
    assert notices(v=values) == ()


def test_codes_with_a_0_before_them_are_told_and_can_be_names(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("zip,y\n" + "".join(f"{('00501', '01020', '90210')[k % 3]},{k}\n" for k in range(60)))
    assert read(path).notices == ("'zip': '00501' is read as 501 (--category 'zip' if these are names)",)
    assert read(path, text_columns=["zip"]).notices == ()
    assert read(path, known=["zip"]).notices == ()
    table = read(path, text_columns=["zip"]).table
    step = fit_encoder(table, categories=["zip"]).encoder.steps[0]
    assert step.categories == ("00501", "01020", "90210")


def test_errors_of_a_sheet_are_missing_where_numbers_are_expected():
    values = ["#DIV/0!" if k % 7 == 0 else str(k / 9) for k in range(60)]
    assert notices(v=values) == ("column 'v': 9 of 60 values are not numbers ('#DIV/0!') and count as missing",)
