"""check and exercise with --language zh: what is printed, written and said of faults is Chinese."""

import re

from english_words import english_in


def test_the_commands_speak_chinese(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("小明\n小红\n小刚\n")
    told = []
    for extra, folder in (((), "w1"), (("--find-mistake",), "w2")):
        code, out, error = run("exercise", "--class", "names.txt", *extra, "--language", "zh", "--output", folder)
        assert code == 0
        told.append(out + error)
    sheets = tmp_path / "w1" / "sheets"
    first, second = sheets / "小明.md", sheets / "小红.md"
    first.write_text(first.read_text().replace("______", "0.5"))
    second.write_text(re.sub(r"W1 = .*", "W1 = [[0.1, 哦]]", second.read_text()))
    planted = tmp_path / "w2" / "sheets" / "小明.md"
    planted.write_text(planted.read_text().replace("______", "A"))
    for arguments, expected in (
        (("check", "w1/sheets", "--report"), 3), (("check", "w2/sheets", "--report"), 1), (("check", first), 1),
        (("check", second), 3), (("check", "w1/sheets", "--report", "--output", "marks.csv"), 3),
        (("check", sheets / "小黄.md"), 3), (("exercise", "--class", "names.txt", "--output", "w1"), 1),
        (("exercise", "--case", "case_study", "--blank", "4000"), 2),
        (("exercise", "--case", "case_study", "--output", "one.md"), 0),
        (("exercise", "--class", "nobody.txt", "--output", "w3"), 3),
    ):  # fmt: skip
        code, out, error = run(*arguments, "--language", "zh")
        assert code == expected, out + error
        told.append(out + error)
    told.append((tmp_path / "marks.csv").read_text())
    bare = [re.sub(r"^clearprop:|clearprop check.*|\S*/(?:sheets|keys)\b|names\.txt|--\w+", "", text) for text in told]
    assert [word for text in bare for word in english_in(text)] == []


USAGE = (
    ("explain",), ("explain", "--case", "nope"), ("explain", "--case", "xor", "--sample", "9"),
    ("explain", "--case", "mazur", "--sample", "1"), ("explain", "--case", "mazur", "--section", "nope"),
    ("explain", "--case", "mazur", "--form", "nope"), ("explain", "--case", "mazur", "--parameter", "w99"),
    ("explain", "--case", "mazur", "--parameter", "z1"),
    ("explain", "--case", "mazur", "--digits", "40"), ("explain", "--case", "mazur", "--steps", "0"),
    ("explain", "--case", "mazur", "--replay", "0"), ("explain", "--case", "mazur", "--optimizer", "lbfgs"),
    ("explain", "--case", "mazur", "--output", "a.pdf"), ("check", "."), ("check", "a.md", "--output", "b.md"),
    ("check", ".", "--report", "--certificate", "c.json"), ("check", ".", "--report", "--output", "a.pdf"),
    ("exercise",), ("exercise", "--network", "2x"), ("exercise", "--network", "2-2-1", "--case", "mazur"),
    ("exercise", "--network", "2-2-1", "--hidden", "nope"), ("exercise", "--network", "2-2-1", "--blank", "0"),
    ("exercise", "--network", "2-2-1", "--output", "a.pdf"), ("exercise", "--class", "names.txt"),
    ("exercise", "--class", "names.txt", "--case", "mazur"), ("exercise", "a.md", "--class", "names.txt"),
    ("exercise", "--network", "2-2-1", "--find-mistake", "--format", "latex"),
    ("check",), ("check", "a.md", "b.md"), ("check", "a.md", "--certificate"), ("explain", "--cas", "mazur"),
    ("explain", "--xyzzy"), ("explain", "-x"), ("explain", "--case", "xor", "--case", "mazur"),
    ("explain", "--case", "xor", "--digits", "many"), ("explain", "--case", "xor", "--digits", "1.5"),
    ("explain", "--case", "xor", "--learning-rate", "fast"), ("explain", "--case", "xor", "--fractions=perhaps"),
    ("explain", "--case", "xor", "--notation", "Nielsen"), ("explain", "--case", "xor", "--comma", "yes"),
    ("explain", "--case", "xor", "--row", "3"), ("exercise", "--case", "mazur", "--hidden", "tanh"),
    ("exercise", "--network", "2-2-1", "--find-mistake", "--blank", "3"),
)  # fmt: skip


def test_wrong_usage_is_told_in_chinese(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "names.txt").write_text("小明\n")
    for arguments in USAGE:
        code, out, error = run(*arguments, "--language", "zh")
        assert code == 2, (arguments, error)
        assert not out
        assert re.search("[\u4e00-\u9fff]{2}", error), (arguments, error)
        bare = re.sub(
            r"^clearprop:|(?:可用的有|例如可以写).*|--[\w-]+|clearprop check.*|Markdown|L-BFGS|names\.txt"
            r"|扩展名应是 .*之一|\S+\.pdf|[A-Z]{4,}|b\.md|应是 \".* 之一|“\w+”",
            "",
            error,
        )
        assert english_in(bare) == [], (arguments, error)


def test_a_certificate_is_told_of_in_chinese(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for command in (("explain", "--case", "mazur", "--section", "loss"), ("check", "a.md")):
        (tmp_path / "a.md").write_text("case: mazur\nz1 = 0.3775, 0.3925\n")
        code, _, error = run(*command, "--certificate", "c.json", "--force", "--language", "zh")
        assert (code, error) == (0, "已写出 c.json\n")
