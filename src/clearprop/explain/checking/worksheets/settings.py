"""The settings of a sheet by their many names, and what their values may be called, in English and Chinese."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clearprop.explain.checking.worksheets.faults import fault
from clearprop.explain.checking.worksheets.values import readings
from clearprop.formulas import ACTIVATIONS
from clearprop.formulas import LOSSES as LOSSES_BY_NAME

SETTINGS = (
    "network", "hidden", "output", "loss", "learning rate", "optimizer", "case", "biases", "notation", "rows",
    "delta", "samples", "outputs", "count from", "given", "weighted sum", "velocity", "step", "l1", "l2",
    "weight decay", "row weights",
)  # fmt: skip
OTHER_NAMES: Mapping[str, str] = {
    "widths": "network", "layers": "network", "architecture": "network", "topology": "network", "net": "network",
    "网络": "network", "网络结构": "network", "结构": "network", "activation": "hidden",
    "activation function": "hidden", "hidden activation": "hidden", "hidden layer": "hidden", "hidden layers": "hidden",
    "hidden layer activation": "hidden", "隐藏层": "hidden", "隐含层": "hidden", "激活函数": "hidden",
    "隐藏层激活": "hidden", "隐层激活": "hidden", "隐层激活函数": "hidden", "隐层": "hidden", "输出激活": "output",
    "输出激活函数": "output", "输出层激活": "output", "隐藏层激活函数": "hidden", "隐藏层的激活函数": "hidden",
    "output activation": "output", "output layer": "output",
    "output layer activation": "output", "输出层": "output", "输出层激活函数": "output", "输出层的激活函数": "output",
    "输出": "output", "loss function": "loss", "cost": "loss", "cost function": "loss", "error function": "loss",
    "损失": "loss", "损失函数": "loss", "误差函数": "loss", "误差": "loss", "代价函数": "loss", "rate": "learning rate",
    "eta": "learning rate", "η": "learning rate", "alpha": "learning rate", "α": "learning rate",
    "learning_rate": "learning rate", "lr": "learning rate", "step size": "learning rate", "学习率": "learning rate",
    "学习速率": "learning rate", "步长": "learning rate", "update": "optimizer", "update rule": "optimizer",
    "optimiser": "optimizer", "优化器": "optimizer", "优化算法": "optimizer", "算例": "case", "案例": "case",
    "例子": "case", "bias": "biases", "偏置": "biases", "记号": "notation", "记法": "notation", "符号": "notation",
    "行": "rows", "样本": "samples", "给定": "given", "count_from": "count from", "row_weights": "row weights",
    "weight_decay": "weight decay", "δ 的符号": "delta", "δ的符号": "delta", "对样本": "samples", "对输出": "outputs",
    "已知数": "given", "步": "step", "权重衰减": "weight decay", "样本权重": "row weights",
    "weighted_sum": "weighted sum", "加权和": "weighted sum",
    "速度": "velocity", "counting from": "count from", "indices from": "count from", "编号从": "count from",
}  # fmt: skip
NUMERIC = frozenset({"network", "learning rate", "count from", "step", "l1", "l2", "weight decay", "row weights"})
VALUES: Mapping[str, str] = {
    "固定": "fixed", "不更新": "fixed", "无": "none", "没有": "none", "共享": "shared", "更新": "updated",
    "输出": "outputs", "输入": "inputs", "求和": "sum", "总和": "sum", "逐个": "each",
    "平均": "mean", "均值": "mean", "精确": "exact",
    "舍入": "rounded", "四舍五入": "rounded", "负": "minus", "正": "plus", "梯度下降": "sgd", "随机梯度下降": "sgd",
    "gradient descent": "sgd", "动量": "momentum", "动量法": "momentum", "步": "steps",
    "梯度": "gradients", "相减": "subtracted",
}  # fmt: skip
FORMULAS: Mapping[str, str] = {
    "linear": "identity", "线性": "identity", "恒等": "identity",
    "恒等函数": "identity", "线性函数": "identity", "none": "identity", "s型": "sigmoid",
    "s型函数": "sigmoid", "sigmoid函数": "sigmoid", "logistic function": "logistic", "sigmoid function": "sigmoid",
    "双曲正切": "tanh", "relu函数": "relu", "leaky relu": "leaky_relu", "hyperbolic tangent": "tanh",
    "双曲正切函数": "tanh", "tanh函数": "tanh", "修正线性单元": "relu", "线性整流": "relu", "线性整流函数": "relu",
    "rectified linear unit": "relu", "rectified linear": "relu", "rectifier": "relu", "逻辑函数": "logistic",
    "逻辑斯蒂函数": "logistic", "softmax函数": "softmax",
}  # fmt: skip
LOSSES: Mapping[str, str] = {
    "bce": "binary_cross_entropy", "binary crossentropy": "binary_cross_entropy", "log loss": "binary_cross_entropy",
    "binary cross entropy": "binary_cross_entropy", "二元交叉熵": "binary_cross_entropy",
    "二分类交叉熵": "binary_cross_entropy", "categorical cross entropy": "cross_entropy",
    "categorical crossentropy": "cross_entropy", "nll": "cross_entropy", "squared error": "squared_error",
    "half squared error": "half_squared_error", "平方误差": "squared_error", "cross entropy": "cross_entropy",
    "平方误差的一半": "half_squared_error", "半平方误差": "half_squared_error", "绝对误差": "absolute_error",
    "交叉熵": "cross_entropy", "sse": "squared_error",
}  # fmt: skip
LOSS_WORDS = re.compile(r"entrop|squar|quadrat|\b[msb][sc]e\b|huber|absolut|likelihood|熵|平方|均方|绝对|似然|最小二乘")
ACTIVATION_WORDS = re.compile(r"sigm|logist|tan[hg]|relu|rectif|softm|softp|linear|identi|整流|线性|正切|逻辑|s型")
WORDS_OF_VALUES: Mapping[str, re.Pattern[str]] = {  # whatever holds one is a value, to be understood or refused
    "loss": LOSS_WORDS, "hidden": ACTIVATION_WORDS, "output": ACTIVATION_WORDS,
}  # fmt: skip
SQUARED = re.compile(r"squar|quadrat|\b[ms]se\b|平方|均方|最小二乘")
NOT_SQUARED_ALONE = re.compile(r"root|rmse|hinge|log|根|对数")  # losses of other names with a square in them
SQUARE = re.compile(r"\^\s*\{?2|²|\*\*\s*2")
HALF = re.compile(r"½|1\s*/\s*2|0[.,]5|frac\{?1\}?\{?2|/\s*2\s*$")
BEGINS_AS_NUMBER = re.compile(r"\s*[\[({]*\s*[-+−]?\s*[.,]?[\d½⅓¼_?□…]")

RATE_AND_LETTER = re.compile(r"^(learning rate|step size|学习率|学习速率|步长) ?\(?[^\W\d_]\)?$")
CALLED = re.compile(r"\s*[A-Za-z]+\s*\(")  # an optimizer with its constants: adam(beta1=0.8)


def setting_called(name: str) -> str | None:
    """The setting of this name, or None; behind the name of the rate its letter may stand.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.settings import setting_called
    >>> setting_called("Learning rate (η)"), setting_called("学习率 a"), setting_called("z1")
    ('learning rate', 'learning rate', None)
    """
    plain = re.sub(r"\s+", " ", name.strip().strip("*_\\").strip().lower())
    plain = RATE_AND_LETTER.sub(r"\1", plain)
    return plain if plain in SETTINGS else OTHER_NAMES.get(plain)


def setting_of(name: str, value: str) -> str | None:
    """The setting that a line is, or None: ``loss: squared_error`` is one, ``loss = 0.0026`` a result.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.settings import setting_of
    >>> setting_of("学习率", "0.1"), setting_of("loss", "0.0026"), setting_of("Output layer", "sigmoid")
    ('learning rate', None, 'output')
    """
    found = setting_called(name)
    if found is None or found in NUMERIC or (found == "optimizer" and CALLED.match(value)):
        return found
    last = re.split(r"[=≈]", value)[-1]
    is_number = any(read.unread is None and read.items for read in (readings(value)[0], readings(last)[0])) or (
        BEGINS_AS_NUMBER.match(last) is not None and not re.search(r"[^\W\d_eE]", last)
    )
    return None if is_number or not value.strip() or _is_prose(found, value) else found


def is_formula_named(value: str) -> bool:
    """Whether a value is the name of an activation or a loss, whatever stands before it.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.settings import is_formula_named
    >>> is_formula_named("tanh"), is_formula_named("交叉熵"), is_formula_named("Anna")
    (True, True, False)
    """
    plain = value.strip().strip(".").lower()
    return any(plain in known for known in (FORMULAS, LOSSES, LOSSES_BY_NAME, ACTIVATIONS)) and plain != "none"


def _is_prose(setting: str, value: str) -> bool:
    """Whether a value is a sentence and names nothing: "output: the network answers with a number"."""
    if SQUARE.search(value) or setting in ("optimizer", "case", "notation", "network"):
        return False
    plain = value.strip().lower()
    if setting in WORDS_OF_VALUES and WORDS_OF_VALUES[setting].search(plain):
        return False
    chinese = re.search(r"[\u4e00-\u9fff]{3}", value) is not None
    return len(value.split()) > 4 or (chinese and not any(plain in known for known in (VALUES, FORMULAS, LOSSES)))


def tidy_value(setting: str, value: str) -> str:
    """The value of a setting as the program calls it.

    Raises
    ------
    InputError
        For a loss that may be several.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.settings import tidy_value
    >>> tidy_value("loss", "½ (t − o)²"), tidy_value("output", "Linear"), tidy_value("rows", "输出")
    ('half_squared_error', 'identity', 'outputs')
    """
    bare = re.sub(r"\s*\([^()0-9]*\)\s*$", "", value.strip()).strip().strip("\"'").rstrip(".;,").strip()
    plain = re.sub(r"\s+", " ", bare.lower())
    if setting in ("hidden", "output"):
        parts = [part.strip() for part in re.split(r"[,;]", plain)]
        return ", ".join(FORMULAS.get(part, part) for part in parts)
    if setting == "loss":
        return _loss(bare, plain)
    if setting in ("network", "learning rate"):
        return value
    if setting == "optimizer":
        return VALUES.get(plain, bare)
    return VALUES.get(plain, plain)


def _loss(bare: str, plain: str) -> str:
    words = plain.replace("-", " ").replace("_", " ")
    if words in LOSSES:
        return LOSSES[words]
    is_half = HALF.search(bare) or re.search(r"\bhalf\b|半|二分之一", plain)
    if SQUARE.search(bare):
        return "half_squared_error" if is_half else "squared_error"
    if re.search(r"entrop|熵", plain):
        return "binary_cross_entropy" if re.search(r"binary|bernoulli|二元|二分类|二值", plain) else "cross_entropy"
    if SQUARED.search(plain) and not NOT_SQUARED_ALONE.search(plain):
        if is_half:
            return "half_squared_error"
        if re.search(r"mean|average|mse|quadratic|均方|平均", plain):
            raise fault("sheet_loss_several", name=bare)
        return "squared_error"
    return plain.replace(" ", "_")
