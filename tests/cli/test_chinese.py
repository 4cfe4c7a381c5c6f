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
        (("exercise", "--case", "case_study", "--blank", "4000"), 1),
        (("exercise", "--case", "case_study", "--output", "one.md"), 0),
        (("exercise", "--class", "nobody.txt", "--output", "w3"), 3),
    ):  # fmt: skip
        code, out, error = run(*arguments, "--language", "zh")
        assert code == expected, out + error
        told.append(out + error)
    told.append((tmp_path / "marks.csv").read_text())
    bare = [re.sub(r"^clearprop:|clearprop check.*|\S*/(?:sheets|keys)\b|names\.txt|--\w+", "", text) for text in told]
    assert [word for text in bare for word in english_in(text)] == []
