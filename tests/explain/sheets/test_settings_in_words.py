"""Settings as people say them: understood or refused, never passed over as text while a usual value is taken."""

import re

import pytest

from clearprop.errors import InputError
from clearprop.explain import check
from clearprop.explain.checking.worksheets.settings import setting_of, tidy_value

HEAD = "network: 1-1-1\nhidden: sigmoid\noutput: sigmoid\nx = 1\ny = 0\nW1 = 0.5\nb1 = 0\nW2 = 1\nb2 = 0\n"


@pytest.mark.parametrize(
    ("said", "loss"),
    [
        ("均方误差的一半", "half_squared_error"),
        ("误差平方和的二分之一", "half_squared_error"),
        ("half of the sum of all squared errors", "half_squared_error"),
        ("half mean squared error", "half_squared_error"),
        ("the sum of the squared errors of the outputs", "squared_error"),
        ("误差的平方", "squared_error"),
        ("binary cross entropy of target and output", "binary_cross_entropy"),
        ("二分类的交叉熵损失", "binary_cross_entropy"),
    ],
)
def test_a_loss_in_words_is_understood(said, loss):
    assert setting_of("loss", said) == "loss"
    assert tidy_value("loss", said) == loss


@pytest.mark.parametrize("said", ["the mean of all the squared errors", "均方误差函数", "平均平方误差"])
def test_a_mean_in_words_is_asked_about(said):
    with pytest.raises(InputError, match="is said of several losses"):
        check(f"{HEAD}loss: {said}\na1 = 0.622\n")


@pytest.mark.parametrize(
    "said", ["root mean squared error", "mean squared logarithmic error", "squared hinge", "均方根误差", "对数似然损失"]
)
def test_another_loss_with_a_square_in_its_name_is_refused(said):
    with pytest.raises(InputError, match="line 10, column 7: there is no loss"):
        check(f"{HEAD}loss: {said}\na1 = 0.622\n")


@pytest.mark.parametrize(
    ("said", "activation"),
    [("修正线性单元", "relu"), ("双曲正切函数", "tanh"), ("Rectified linear unit", "relu"), ("线性整流函数", "relu")],
)
def test_an_activation_in_words_is_understood(said, activation):
    assert setting_of("hidden", said) == "hidden"
    assert tidy_value("hidden", said) == activation


@pytest.mark.parametrize("said", ["the usual leaky rectified unit of today", "带泄漏的修正线性函数"])
def test_an_activation_that_is_not_understood_is_refused(said):
    with pytest.raises(InputError, match="line 2, column 9: there is no activation"):
        check(f"{HEAD.replace('hidden: sigmoid', f'hidden: {said}')}a1 = 0.622\n")


def test_a_setting_needs_no_sign():
    found = check(f"{HEAD}learning rate 0.5\na1 = 0.622\na2 = 0.651\nb2_new = -0.0739\n")
    assert found.passed


def test_cross_entropy_after_a_sigmoid_is_asked_about_where_it_stands():
    with pytest.raises(InputError, match=r"line 10, column 7: .* write output: softmax or loss: binary_cross_entropy"):
        check(f"{HEAD}loss: cross entropy\na1 = 0.622\n")


@pytest.mark.parametrize(
    ("line", "cure"),
    [
        ("momentum: 0.9", "momentum(momentum=0.9)"),
        ("β1 = 0.9", "adam(beta1=0.9)"),
        ("动量系数：0.5", "momentum(momentum=0.5)"),
    ],
)
def test_a_constant_of_an_optimizer_is_not_passed_over(line, cure):
    with pytest.raises(InputError, match=re.escape(f"belongs to the optimizer: optimizer: {cure}")):
        check(f"{HEAD}{line}\na1 = 0.622\n")


def test_text_is_still_passed_over():
    found = check(
        f"{HEAD}output: the network answers with a number\nerror: see what the teacher says of it\na1 = 0.622\n"
    )
    assert found.passed


REST = "x = 1\ny = 0\nW1 = 0.5\nW2 = 1\n"


@pytest.mark.parametrize(
    ("behind", "layers"),
    [
        (", hidden layer tanh, output linear", "tanh identity"),
        (" (sigmoid)", "logistic logistic"),
        (" with ReLU hidden units and a sigmoid output", "relu logistic"),
        (", no activation", "identity identity"),
        ("，隐藏层用 tanh，输出层用 sigmoid", "tanh logistic"),
        ("，不用激活函数", "identity identity"),
        (" fully connected network", "logistic identity"),
    ],
)
def test_what_stands_behind_the_widths_is_read(behind, layers):
    trace = check(f"network: 1-1-1{behind}\nb1 = 0\nb2 = 0\n{REST}z1 = 0.5").sheet.trace
    assert " ".join(layer.activation.name for layer in trace.network.layers) == layers


@pytest.mark.parametrize("behind", [", no biases", " without biases", "，没有偏置", "（无偏置）"])
def test_that_there_are_no_biases_may_stand_behind_the_widths(behind):
    assert check(f"network: 1-1-1{behind}\nhidden: sigmoid\noutput: sigmoid\n{REST}z1 = 0.5").passed


@pytest.mark.parametrize("behind", [", sigmmoid units", ", with a squared loss", "，双曲函数，平方误差"])
def test_what_is_not_understood_behind_the_widths_is_refused(behind):
    with pytest.raises(InputError, match="stands behind the widths and is not understood; write it on a line"):
        check(f"network: 1-1-1{behind}\nb1 = 0\nb2 = 0\n{REST}z1 = 0.5")


@pytest.mark.parametrize("name", ["learning rate a", "Learning rate (η)", "学习率 η", "学习率α", "step size h"])
def test_the_letter_of_the_rate_may_stand_beside_its_name(name):
    assert check(f"{HEAD}{name} = 0.5\na1 = 0.622\na2 = 0.651\nb2_new = -0.0739\n").passed
