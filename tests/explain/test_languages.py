"""Whoever asks for Chinese gets Chinese: verdicts, remarks, faults with place, cause and cure, sheets of exercises."""

import re
from string import Formatter

import numpy as np
import pytest

from clearprop.errors import InputError
from clearprop.explain import case, check, exercise, explain, read_sheet
from clearprop.explain.checking.worksheets.settings import SETTINGS, setting_of, tidy_value
from clearprop.explain.exercises import planted_mistake, random_case
from clearprop.explain.words import LANGUAGES
from clearprop.explain.words.message import Listed, Message, in_language
from english_words import english_in
from ways_of_writing import CASE_STUDY, REFUSED, WAYS


def test_what_counts_as_english():
    assert english_in("第 3 行第 7 列：'oops' is not a number") == ["oops", "is", "not", "number"]
    assert english_in("W1_new 的形状应为 (2, 3)，而不是“two”；delta2、sigmoid") == []


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_language_has_the_same_sentences_with_the_same_fields(language):
    def fields(text):
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    english, other = LANGUAGES["en"], LANGUAGES[language]
    assert {key.removesuffix("_one") for key in english} == {key.removesuffix("_one") for key in other}
    unlike = {key for key in other if key in english and fields(other[key]) - fields(english[key])}
    assert not unlike


H = "x = 1, 2\ny = 1\nW1 = [[1, 2], [3, 4]]\nb1 = 0, 0\nW2 = 1, 2\nb2 = 0\n"
NET = "network: 2-2-1\n"
FAULTS = [
    *(CASE_STUDY + text for text, _ in REFUSED),
    NET + "hidden: sgimoid\nloss: hubber\nx = 0.5, oops\nactvation: relu\n",
    NET + "hidden: sigmoid, tanh\n" + H,
    NET + "hidden: rellu\n" + H,
    NET + "output: sigmoid\nloss: cross_entropy\n" + H,
    NET + "loss: mse\n" + H,
    NET + "optimizer: momentum(2)\n" + H,
    NET + "optimizer: adam(beta1=nan)\n" + H,
    NET + "optimizer: adam(foo=1)\n" + H,
    NET + "optimizer: 3 apples\n" + H,
    NET + "optimizer: lbfgs\n" + H,
    NET + "optimizer: adam\nstep: 3\n" + H,
    NET + "learning rate: -1\n" + H,
    NET + "learning rate: 1, 2\n" + H,
    NET + "weight decay: -1\n" + H,
    NET + "l1: -1\n" + H,
    NET + "step: 0\n" + H,
    NET + "row weights: 1, 2\n" + H,
    NET + "row weights: 0\n" + H,
    NET + "row weights: -1\n" + H,
    NET + "notation: foo\n" + H,
    NET + "delta: sideways\nrows: x\nsamples: few\noutputs: few\nbiases: maybe\ncount from: 7\ngiven: perhaps\n" + H,
    NET + "m_W1 = 1, 2, 3, 4\n" + H,
    NET + "optimizer: momentum\nm_W1 = 1, 2, 3, 4\n" + H,
    NET + NET.replace("2-2-1", "2-3-1") + H,
    NET + H + "z1 = 1\nz1 = 1, 2, 3\nz9 = 1\nzz2 = 3\nzed = 1\nz1[5] = 1\nz1[2] = 1\nW1_new[2,2] = 3\nz1 = ...\n",
    NET + H + "ΔW2 = 3\nw12 = 3\nw5 = 2\ndC/dw12 = 1\nw_{12} = 0.3\na = 3\nsigmoid(9) = 3\nz2 = 1e200\n0.5932\n",
    NET + H + "z1[0] = 0.5*0.5 + 0.2\nloss = 1/0\nz1 = 0.4, 0.5 volts\nz1 = 1, 2\nstep 5\nz1 = 1, 2\n",
    NET + H + "dW1 = [[1, 2], [3]]\ndW2 = [[1, 2], [3, 4]]\ndW1 = [[1, 2, 3, 4]]\nz1 = [1, …, 2, 3]\n",
    NET + H.replace("[[1, 2], [3, 4]]", "[[1, 2], [3, 4], [5, 6]]"),
    NET.replace("2-2", "2-3") + H.replace("[[1, 2], [3, 4]]", "[[1, 2], [3, 4], [5, 6]]").replace("0, 0", "0, 0, 0"),
    "rows: outputs\n" + NET.replace("2-2-1", "2-3-1") + H.replace("[[1, 2], [3, 4]]", "[[1, 2, 3], [4, 5, 6]]"),
    NET + H + "x1 = 3\nx = 1, ____\n",
    NET + "x1 = 1\ny = 1\nW1[0,0] = 1\nb1 = 0, 0\nW2 = 1, 2\nb2 = 0\n",
    NET + "y = 1\n",
    NET + "b1 = 0, 0\n" + "".join(f"z{i} = 1\n" for i in range(5, 40)),
    "network: 9999-9999\n", NET + H + "z1[0] = 1, …, 3\n",
    "network: two\n", "network: 2-0-1\n", "case: foo\n", "z1 = 3\n", "x = oops\n",
    "[network]\nwidths = [2, 2\n", "[network]\nwidths = two\n", "[foo]\nx = 1\n", "results = 3\n[network]\n",
    "[network]\nx = {a = 1}\n", "[network]\ncase = 'mazur'\n[results]\nz1 = [1, true]\n",
]  # fmt: skip


@pytest.mark.parametrize("sheet", FAULTS)
def test_faults_are_told_in_chinese(sheet):
    with pytest.raises(InputError) as caught:
        read_sheet(sheet)
    told = in_language(caught.value, "zh")
    assert not english_in(told), told
    assert len(told.split("\n")) == len(str(caught.value).split("\n"))
    assert re.search(r"[\u4e00-\u9fff]", told)
    assert in_language(caught.value, "en") == str(caught.value) or "hidden" in sheet


REMARKED = [
    NET + "activation function: sigmoid\n" + H + "dW1 = 1, 2, 3, 4\n",
    NET + H + "rubbish without a sense\nz1 = 0,5; 0,25\nloss = 0,5\n",
    NET + "x = 1, 2\ny = 1\nW1 = 0,5; 0,25; 0,5; 0,75\nb1 = 1\nW2 = 1, 2\nb2 = 0\nStep 2\nz1 = 1, 2\nStep 3\n",
    NET + H + "z1[1] = 7\nz1[2] = 10\nw^1_{12} = 3\ndC/dw^1_{12} = 0.3\n",
    "rows: outputs\n" + NET + H + "dW1 = 1, 2, 3, 4\nm_W1_new = 3\n".replace("m_W1_new = 3\n", ""),
    NET + "optimizer: momentum\n" + H + "W1_new = 9, 9, 9, 9\n",
]


@pytest.mark.parametrize("sheet", REMARKED)
def test_verdicts_and_remarks_are_told_in_chinese(sheet):
    found = check(sheet)
    assert found.sheet.remarks
    assert all(isinstance(remark, Message) for remark in found.sheet.remarks)
    assert not english_in(found.text("zh"))


def test_remarks_on_every_way_of_writing_are_told_in_chinese():
    for text, numbers in WAYS:
        if numbers is not None:
            remarks = [remark.in_language("zh") for remark in read_sheet(CASE_STUDY + text).remarks]
            assert not english_in(" ".join(remarks)), text


def test_conventions_are_offered_as_a_chinese_sheet_has_them():
    turned = NET + "loss: squared_error\noutput: sigmoid\nx = 0.5, 0.3\ny = 0.8\nW1 = [[0.5, 0.3], [0.2, 0.4]]\n"
    turned += "b1 = 0.1, 0.2\nW2 = 0.6, 0.7\nb2 = 0.3\ndelta2 = 0.0193\ndelta1 = 0.00278, 0.0032\n"
    found = check(turned)
    assert found.offered == ("delta: minus",)
    told = found.text("zh")
    assert "δ 的符号：负" in told
    assert not english_in(told)
    assert check("δ 的符号：负\n" + turned).passed
    shown = read_sheet("δ 的符号：负\n对样本：求和\n对输出：平均\n偏置：共享\n" + turned).conventions.shown_otherwise()
    assert not english_in(shown.in_language("zh"))


def test_settings_and_values_of_chinese_sheets_are_read_back():
    known = LANGUAGES["zh"]
    values = {
        "loss": ["half_squared_error", "squared_error", "absolute_error", "cross_entropy", "binary_cross_entropy"],
        "optimizer": ["sgd", "momentum"], "output": ["identity"], "hidden": ["identity"],
        "delta": ["plus", "minus"], "samples": ["mean", "sum"], "outputs": ["mean", "sum"],
        "rows": ["inputs", "outputs"], "biases": ["updated", "fixed", "none", "shared"], "given": ["exact", "rounded"],
        "weighted sum": ["z", "a"],
        "velocity": ["steps", "gradients", "subtracted", "mean"],
    }  # fmt: skip
    for setting in SETTINGS:
        name = known[f"setting_{setting.replace(' ', '_')}"]
        for value in values.get(setting, ["mazur"] if setting in ("case", "notation") else ["2"]):
            shown = known.get(f"value_{value}", value)
            assert setting_of(name, shown) == setting, (name, shown)
            assert tidy_value(setting, shown) == value
            sheet = f"{name}：{shown}\n{NET if setting != 'network' else '网络：2-2-1'}\n{H}"
            of_others = ("network", "case", "notation", "step", "row weights", "count from", "optimizer", "velocity")
            if setting not in of_others:
                assert setting in {item.replace("_", " ") for item in read_sheet(sheet).settings}, sheet


SOURCES = [
    case("case_study").trace(),
    case("logistic_regression").trace(),
    random_case((3, 3, 2), 1, hidden="tanh", output="softmax").trace(),
    random_case((2, 2, 2), 2, output="identity", loss="squared_error").trace(),
]


@pytest.mark.parametrize("trace", SOURCES)
def test_exercises_in_chinese_are_chinese_and_read_back(trace):
    made = exercise(trace, blank=4, language="zh")
    for text in (made.sheet(), made.key()):
        assert not english_in(text)
    key = check(made.key())
    assert key.passed
    assert len(check(made.sheet()).blanks) >= 3
    assert np.array_equal(key.sheet.trace.params.theta, trace.params.theta)
    assert key.sheet.trace.network == trace.network
    assert not english_in(check(made.sheet()).text("zh"))
    planted = planted_mistake(trace, 3, "zh")
    assert not english_in(planted.sheet() + planted.key())
    assert "出错的行：" in planted.sheet()


@pytest.mark.parametrize("rule", ["momentum", "nesterov", "rmsprop", "adam", "adamw"])
def test_exercises_with_every_optimizer_are_chinese(rule):
    plain = case("case_study").trace()
    trace = explain(plain.network, plain.params, plain["a0"].value, plain["y"].value, rule)
    made = exercise(trace, blank=3, language="zh")
    assert not english_in(made.sheet())
    assert check(made.key()).sheet.trace.optimizer.name == rule


def test_a_message_is_text_and_keeps_what_it_says():
    from copy import deepcopy
    from pickle import dumps, loads

    place = Message("sheet_place", line=3, column=7)
    told = Message("sheet_at", place=place, what=Message("sheet_given_twice", name="x", line=Listed(1, 2, 3)))
    assert told == "line 3, column 7: x is given twice; the first time was in line 1, 2 and 3"
    for copy in (deepcopy(told), loads(dumps(told))):
        assert copy == told
        assert copy.in_language("zh") == told.in_language("zh") != told
    error = loads(dumps(InputError(told)))
    assert in_language(error, "zh") == told.in_language("zh")
