"""Files as they are found: separators, decimal marks, headers, quotes, comments."""

import csv
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import InputError, TableError
from clearprop.tables import fit_encoder, read
from clearprop.tables.csv_numbers import is_value

DATA = Path(__file__).parent / "data"


@pytest.fixture
def written(tmp_path):
    """Write a file and read it."""

    def written(content, name="t.csv", **how):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return read(path, **how)

    return written


def values(reading):
    return reading.table.to_pydict()


def test_a_file_of_a_country_with_decimal_commas():
    found = read(DATA / "euro.csv")
    assert found.table.schema.types == [pa.float64(), pa.float64(), pa.string(), pa.float64()]
    assert found.table.slice(0, 1).to_pylist() == [{"größe": 1.34, "breite": 4.24, "klasse": "nein", "preis": -0.19}]
    assert found.notices == (
        "columns are separated by ';'",
        "numbers have a decimal comma (--decimal '.' if they do not)",
    )


def test_what_the_comma_columns_tell_of_the_points(written):
    found = written("a;b;c\n1,5;1.234;12.5\n2,5;3.456;1.25\n3,25;4.000;7.5\n")
    fitted = fit_encoder(found.table, decimal=found.decimal)
    steps = {step.column: step for step in fitted.encoder.steps}
    assert (steps["a"].decimal, steps["b"].thousands, steps["c"].decimal) == (",", ".", ".")
    assert steps["b"].centre == 3456
    assert steps["c"].centre == 7.5
    assert "points between thousands ('1.234' is read as 1234)" in fitted.notices[0]


def test_a_model_reads_one_row_as_it_read_the_training_file(tmp_path, written):
    content = "a;b\n" + "".join(f"{k // 7},{k % 10};{1 + k % 3}.{k:03d}\n" for k in range(40))
    first = written(content)
    encoder = fit_encoder(first.table, decimal=first.decimal).encoder
    expected = encoder.encode(first.table).X
    lines = content.splitlines()
    for row in (3, 10, 30):
        alone = written(f"{lines[0]}\n{lines[row + 1]}\n", text_columns=encoder.text_columns)
        np.testing.assert_array_equal(encoder.encode(alone.table).X[0], expected[row])


def test_thousands_may_be_decimals_where_a_semicolon_separates(written):
    found = written("a;b\n1,027;x\n1,003;y\n2,456;x\n")
    with pytest.raises(TableError, match=r"column 'a': '1,027' may be 1,027 or 1\.027: say which by --decimal"):
        fit_encoder(found.table, strict=True)
    assert written("a;b\n1,027;x\n1,003;y\n", options={"decimal": ","}).table.column("a").to_pylist() == [1.027, 1.003]
    fitted = fit_encoder(found.table, read=read_as(decimal="."))
    assert fitted.encoder.steps[0].centre == 1027


def read_as(**given):
    from clearprop.tables import ReadOptions

    return ReadOptions.of(given)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"decimal": ";"}, "decimal mark"), ({"separator": "ab"}, "one character"), ({"dates": "ydm"}, "or a format"),
        ({"separator": '"'}, "cannot separate"), ({"missing": [1]}, "must be text"), ({"header": "no"}, "header"),
        ({"encoding": "utf-9"}, "no encoding 'utf-9'"), ({"decimals": ","}, "did you mean 'decimal'"),
        ("dmy", "mapping"),
    ],
)  # fmt: skip
def test_options_that_cannot_be(options, message):
    with pytest.raises(InputError, match=message):
        read(DATA / "euro.csv", options=options)


HEADERLESS = {
    "iris.csv of scikit-learn": "150,4,setosa,versicolor,virginica\n5.1,3.5,1.4,0.2,0\n4.9,3.0,1.4,0.2,0\n",
    "MNIST as CSV": "5,0,0,12\n0,0,3,4\n4,0,0,7\n",
    "MNIST without twice the same": "5,0,1,12\n0,0,3,4\n4,0,0,7\n",
    "iris.data": "5.1,3.5,1.4,0.2,Iris-setosa\n4.9,3.0,1.4,0.2,Iris-setosa\n",
    "adult.data": "39, State-gov, 77516, Male, <=50K\n50, Private, 83311, Male, <=50K\n",
    "mushrooms": "p,x,s,p,n\ne,x,s,p,n\np,x,y,p,g\ne,n,s,n,p\n",
    "dates": "2020-01-31,7.5,x\n2020-02-01,8,y\n",
    "comma and semicolon": "1,34;4,24;nein;-0,19\n4,95;2,25;ja;12,46\n",
    "rising numbers and a word": "1,2.5,yes\n2,3.5,no\n3,1.5,yes\n",
}
HEADERS = {
    "words": "a,b\n1,2\n3,4\n",
    "numbers of pandas": "0,1,2\n1.5,2.5,x\n2.5,1.5,y\n",
    "numbers from 1": "1,2,3\n5,6,7\n7,6,5\n",
    "years": "country,1990,1995,2000\nA,1,2,3\nB,4,5,6\n",
    "wavelengths": "400,410,420\n0.1,0.2,0.3\n0.4,0.2,0.1\n",
    "words that are values too": "a,b\na,1\nb,2\n",
    "one year": "country,2020\nA,1.5\nB,2.5\n",
    "an index without a name": ",a,b\n0,1,2\n1,3,4\n",
    "a column #": "#,Name,HP\n1,a,45\n2,b,60\n",
}


@pytest.mark.parametrize("name", HEADERLESS)
def test_a_first_line_that_looks_like_values_is_refused_with_the_option(written, name):
    with pytest.raises(TableError, match=r"the first line \(.*\) looks like values, not names of columns; --no-header"):
        written(HEADERLESS[name])
    found = written(HEADERLESS[name], options={"header": False})
    assert found.table.num_rows == HEADERLESS[name].count("\n")
    assert found.table.column_names[0] == "column 1"
    assert found.column("2") == "column 2"
    assert "no header" in found.notices[-1] or "no header" in found.notices[-2]


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_is_taken_for_one(written, name):
    found = written(HEADERS[name])
    assert found.table.num_rows == HEADERS[name].count("\n") - 1


def test_a_header_can_be_said_to_be_one_and_a_model_knows_it(written):
    content = "5.1,3.5\n4.9,3.0\n"
    assert written(content, options={"header": True}).table.column_names == ["5.1", "3.5"]
    assert written(content, known=["3.5"]).table.column_names == ["5.1", "3.5"]


def test_the_case_of_a_newcomer():
    with pytest.raises(TableError, match="looks like values"):
        read(DATA / "noheader.csv")


@pytest.mark.parametrize("missing", ["", '""'])
def test_a_table_with_every_field_quoted_is_the_same_table(written, missing):
    rows = [["since", "flag", "word", "n"], *[[f"2024-01-{k:02d}", "true", "u", str(k)] for k in range(1, 20)]]
    rows[3] = ["", "", "", ""]
    plain = "\n".join(",".join(row) for row in rows) + "\n"
    quoted = "\n".join(",".join(f'"{cell}"' if cell else missing for cell in row) for row in rows) + "\n"
    assert values(written(quoted)) == values(written(plain))
    assert written(quoted).table.schema == written(plain).table.schema


def test_blanks_after_commas_are_no_part_of_names_and_values(written):
    found = written("age, sex, pay\n39, Male, <=50K\n?, Female, >50K\n 40, ?, <=50K\n")
    assert found.table.column_names == ["age", "sex", "pay"]
    table = pa.table({"age": ["39", "40"], "sex": ["Male", None], "pay": [">50K", "<=50K"]})
    encoder = fit_encoder(found.table).encoder
    assert [step.describe() for step in encoder.steps[1:]] == [
        "category, 2 values (Female, Male), or missing",
        "category, 2 values (<=50K, >50K)",
    ]
    assert encoder.steps[0].kind == "number"
    np.testing.assert_array_equal(encoder.encode(found.table).X[2], encoder.encode(table).X[1])


@pytest.mark.parametrize("mark", ["sep=;", '"sep=;"', "SEP=;"])
def test_the_note_of_excel_to_itself(written, mark):
    assert values(written(f"{mark}\na;b\n1;2\n")) == {"a": [1], "b": [2]}


def test_comments_before_and_among_the_lines(written):
    found = written("# made by a machine\n# at night\na,b\n1,2\n# the next day, it rained, a lot\n3,4\n")
    assert values(found) == {"a": [1, 3], "b": [2, 4]}
    assert found.notices == (
        "2 lines of comments before the table, skipped",
        "1 comment among the rows, skipped",
    )


@pytest.mark.parametrize("head", ["# a,b", "#a,b", "# note\n# a,b"])
def test_names_in_a_comment_as_numpy_writes_them(written, head):
    assert values(written(f"{head}\n1.5,2\n3.5,4\n")) == {"a": [1.5, 3.5], "b": [2, 4]}


def test_several_blanks_between_columns(written):
    found = written("Chins Situps  Jumps\n   5    162    60\n   2  110   60\n  12  101  101\n")
    assert values(found) == {"Chins": [5, 2, 12], "Situps": [162, 110, 101], "Jumps": [60, 60, 101]}
    assert found.notices == ("columns are separated by blanks",)
    assert written("full name\nJohn Smith\nMary Jones\n").table.column_names == ["full name"]
    assert written("the date\n3 Jan 2020\n4 Jan 2020\n").table.num_columns == 1
    assert values(written('a b\n1 "x y"\n2 z\n', options={"separator": " "})) == {"a": [1, 2], "b": ["x y", "z"]}


def test_two_blanks_or_more_between_columns_whose_values_have_single_ones(written):
    """lifelines' divorce.dat: "12-15 years" and "< 12 years" are one value each."""
    text = "       id        heduc  mixed    years\n       9   12-15 years     No   10.546\n"
    text += "      11    < 12 years    Yes   34.943\n      13     16+ years     No        2\n"
    found = written(text)
    assert values(found) == {
        "id": [9, 11, 13], "heduc": ["12-15 years", "< 12 years", "16+ years"], "mixed": ["No", "Yes", "No"],
        "years": [10.546, 34.943, 2],
    }  # fmt: skip
    assert found.notices == ("columns are separated by two blanks or more",)
    said = written("a b  c\n1 2   x\n3 4  y\n", options={"separator": "  "})
    assert values(said) == {"a b": ["1 2", "3 4"], "c": ["x", "y"]}
    assert written("full name\nJohn  Smith\nMary  Jones\n").table.column_names == ["full name"]


def test_single_quotes_round_names(written):
    assert values(written("'vote','age'\n'a, b',36\n'c',20\n")) == {"vote": ["a, b", "c"], "age": [36, 20]}


def test_a_stray_quote_is_refused_with_its_line(written):
    with pytest.raises(TableError, match="line 12 has a quote in column 'colour' that is not closed in that line"):
        read(DATA / "quote2.csv")
    rows = "".join(f"{k},red,{k}.5\n" for k in range(30))
    for bad in ('7,"red,7.5', '"7,red,7.5', '7,red,"7.5'):
        with pytest.raises(TableError, match=r"line 9 |cannot be read|has \d value"):
            written("a,colour,y\n" + rows.replace("7,red,7.5", bad, 1))


def test_texts_of_several_lines_are_read(written):
    content = 'id,review,stars\n1,"good, cheap\nand, well, near",5\n2,"bad",1\n3,"so, so\n\n7 of 10, I say, maybe",3\n'
    assert written(content).table.column("stars").to_pylist() == [5, 1, 3]


def test_a_file_of_one_column_keeps_its_empty_rows(written):
    assert values(written("x\n1.0\n\n3.0\n\n5.0\n")) == {"x": [1, None, 3, None, 5]}
    assert values(written('x\n1.0\n""\n3.0\n')) == {"x": [1, None, 3]}


@pytest.mark.parametrize("word", ["-", "\\N", "<NA>", "NaT", "NULL", "n.a.", ".", "—"])
def test_words_for_missing_numbers_and_dates(written, word):
    rows = "".join(f"{k}.5,2024-01-{1 + k % 28:02d}\n" if k % 6 else f"{word},{word}\n" for k in range(60))
    fitted = fit_encoder(written(f"n,d\n{rows}").table)
    assert [step.kind for step in fitted.encoder.steps] == ["number", "moment"]
    assert all(step.missing for step in fitted.encoder.steps)


@pytest.mark.parametrize("word", ["unknown", "0000-00-00", "31.02.2024", "-"])
def test_one_bad_date_does_not_turn_dates_into_text(written, word):
    rows = "".join(f"2024-01-{1 + k % 28:02d},{k * k % 7}\n" for k in range(40))
    fitted = fit_encoder(written(f"d,n\n{rows}{word},4\n").table)
    assert fitted.encoder.steps[0].kind == "moment"
    assert fitted.notices == (f"column 'd': 1 of 41 values is no date ({word!r}) and counts as missing",)


def test_words_may_be_named(written):
    content = "n,k\n-999,x\n5,NA\n7,x\n8,y\n"
    found = written(content, options={"missing": ["-999"]})
    assert values(found) == {"n": [None, 5, 7, 8], "k": ["x", "NA", "x", "y"]}
    encoder = fit_encoder(found.table, read=read_as(missing=["-999"])).encoder
    frame = pa.table({"n": [-999.0, 5.0], "k": ["x", "NA"]})
    np.testing.assert_array_equal(encoder.encode(frame).X, encoder.encode(found.table.slice(0, 2)).X)
    assert encoder.steps[1].categories == ("NA", "x", "y")


def test_signs_are_words_where_words_are(written):
    found = written("rh,n\n+,1\n-,2\n+,3\n-,4\n")
    assert fit_encoder(found.table).encoder.steps[0].categories == ("+", "-")


@pytest.mark.parametrize("seed_row", [103, 104, 106])
def test_which_words_count_as_missing_does_not_depend_on_the_split(written, seed_row):
    rows = [f"{k}.5" for k in range(200)]
    rows[seed_row] = "unknown"
    found = written("x\n" + "\n".join(rows) + "\n")
    for rows in (np.arange(0, 200, 2), np.arange(1, 200, 2), np.arange(100)):
        encoder = fit_encoder(found.table, rows=rows).encoder
        assert encoder.steps[0].missing_words == ("unknown",)
        assert encoder.encode(found.table).X.shape[0] == 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1.5", True), ("-2", True), ("1,5", True), ("2020-01-31", True), ("31.12.2020", True), ("a", False), ("", False)],
)
def test_what_can_only_be_a_value(text, expected):
    assert is_value(text) is expected


def test_a_quoted_file_of_the_standard_library(written, tmp_path):
    with open(tmp_path / "q.csv", "w", newline="", encoding="utf-8") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([["a", "b"], [1, 'say "x"'], [2, "p;q"]])
    assert read(tmp_path / "q.csv").table.to_pydict() == {"a": [1, 2], "b": ['say "x"', "p;q"]}


def test_a_first_line_that_names_other_than_the_columns_is_refused_with_what_to_do(written):
    with pytest.raises(TableError, match="first line has 2 values, and each line below it 4; take it away, as tail"):
        written("a,b\n1,2,3,4\n5,6,7,8\n")
    with pytest.raises(TableError, match=r"first line has 3 values, and each line below it 1; .*--separator blank"):
        written("a\tb\tc\n1 2   3\n4 5   6\n")


def test_names_of_rows_as_r_writes_them(written):
    found = written('"a","b"\n"1",2.5,"x"\n"2",3.5,"y"\n')
    assert values(found) == {"unnamed 1": [1, 2], "a": [2.5, 3.5], "b": ["x", "y"]}
    assert found.notices == ("the header names one column fewer than there are: the first is named 'unnamed 1'",)
