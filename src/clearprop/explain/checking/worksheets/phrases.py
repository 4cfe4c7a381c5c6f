"""Names in words, English and Chinese: "hidden outputs", "输出层的净输入", "total error"; and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

SINGLE: Mapping[str, str] = {
    "total error": "loss", "error": "loss", "the loss": "loss", "loss": "loss", "cost": "cost", "total loss": "cost",
    "mse": "loss", "bce": "loss", "cross entropy": "loss", "cross-entropy": "loss", "squared error": "loss",
    "mean squared error": "loss", "cost function": "loss", "loss function": "loss", "sse": "loss", "损失": "loss",
    "loss per sample": "losses", "losses per sample": "losses", "loss of each sample": "losses",
    "sample losses": "losses", "losses of the samples": "losses", "每个样本的损失": "losses",
    "各样本的损失": "losses", "样本损失": "losses", "regularized loss": "cost", "regularised loss": "cost",
    "误差": "loss", "总误差": "loss", "总损失": "cost", "代价": "cost", "损失值": "loss", "损失函数": "loss",
    "input": "x", "inputs": "x", "sample": "x", "输入": "x", "样本": "x", "输入值": "x", "target": "y", "targets": "y",
    "label": "y", "labels": "y", "desired output": "y", "expected output": "y", "target output": "y", "目标": "y",
    "目标值": "y", "期望输出": "y", "目标输出": "y", "标签": "y", "真实值": "y", "期望值": "y", "output": "yhat",
    "outputs": "yhat", "prediction": "yhat", "predicted output": "yhat", "predicted": "yhat", "network output": "yhat",
    "probabilities": "yhat", "class probabilities": "yhat", "概率": "yhat", "logits": "z_{out}",
    "输出": "yhat", "预测": "yhat", "预测值": "yhat", "预测输出": "yhat", "实际输出": "yhat",
    "网络输出": "yhat", "weight": "W", "weights": "W", "权重": "W", "权值": "W", "bias": "b", "biases": "b",
    "偏置": "b", "偏差": "b",
}  # fmt: skip
EITHER: Mapping[str, tuple[str, ...]] = {  # the target for some, what the network says for others
    "actual output": ("yhat", "y"), "actual outputs": ("yhat", "y"),
}  # fmt: skip
KINDS: Mapping[str, tuple[str, ...]] = {
    "z": (
        "net inputs?", "weighted inputs?", "weighted sums?", "pre-?activations?", "inputs?", "nets?", "净输入",
        "加权输入",
        "加权和", "带权输入", "线性输出", "输入", "z",
    ),
    "a": ("outputs?", "activations?", "输出值?", "激活值?", "a"),
    "delta": ("deltas?", "δ", "error terms?", "local gradients?", "误差项", "残差", "局部梯度", "敏感度", "灵敏度"),
    "error?": ("errors?", "误差"),
    "W": ("weights?", "weight matrix", "权重矩阵", "权重", "权值"),
    "b": ("bias(?:es)?", "偏置", "偏差"),
    "dW": ("weight gradients?", "gradients? of the weights", "权重梯度", "权重的梯度"),
    "db": ("bias gradients?", "gradients? of the bias(?:es)?", "偏置梯度", "偏置的梯度"),
}  # fmt: skip
LAYERS: Mapping[str, str] = {
    "hidden": r"hidden(?:[ -]layer)?|隐藏层|隐含层|隐层", "out": r"(?:output|final)(?:[ -]layer)?|输出层",
    "layer": r"layer\s*(\d{1,2})|第\s*([\d一二三四])\s*层",
}  # fmt: skip
NEURON = r"(?:\s*(?:neurons?|nodes?|units?|第)?\s*([\d一二三四五六])\s*(?:个?(?:神经元|节点|单元))?)?"
CHINESE_DIGITS = str.maketrans("一二三四五六", "123456")
OF_A_SAMPLE = re.compile(
    r"(?:loss|error) (?:of|for) sample\s*(\d{1,4})|sample\s*(\d{1,4})(?:'s)? (?:loss|error)"
    r"|(?:第\s*(\d{1,4})\s*个样本|样本\s*(\d{1,4}))\s*的?(?:损失|误差)"
)
OF_A_LAYER = re.compile(  # error term of the output neuron
    r"([a-zδ -]+?) (?:of|for|at|in) (?:the |all )?((?:output|final|hidden)(?: layer)?)"
    r"(?:(?:'s)? (?:neurons?|nodes?|units?))?(?: (\d))?"
)
WHOLE = re.compile(
    "(?:the )?(?:" + "|".join(f"(?P<{name}>{words})" for name, words in LAYERS.items()) + r")(?:'s)?[\s的]*"
    + f"(?P<neuron>{NEURON})" + r"[\s的]*(?:" + "|".join(
        f"(?P<k{i}>{'|'.join(words)})" for i, words in enumerate(KINDS.values())
    ) + ")",
    re.I,
)  # fmt: skip


@lru_cache(maxsize=8192)
def meanings(name: str) -> tuple[str, ...]:
    """The names, in the spelling of `spelled`, that a phrase may stand for; none where it is no phrase.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.phrases import meanings
    >>> meanings("hidden layer outputs"), meanings("输出层的净输入"), meanings("损失"), meanings("hidden errors")
    (('a_{hidden}',), ('z_{out}',), ('loss',), ('delta_{hidden}', 'error_{hidden}'))
    """
    plain = re.sub(r"\s+", " ", name.strip().strip("*_:： ").lower())
    plain = re.sub(r"^the (?=\w)", "", plain)
    after = re.match(r"(?:new |updated |新的?|更新后的?)|.*(?: after(?: the update)?| afterwards)$", plain)
    plain = re.sub(r"^(?:new |updated |新的?|更新后的?)| after(?: the update)?$| afterwards$", "", plain)
    mark = "+" if after else ""
    if re.fullmatch(r"[a-z]{3,}(?:_[a-z]{3,})+", plain):  # as programs write: hidden_outputs
        plain = plain.replace("_", " ")
    if turned := OF_A_LAYER.fullmatch(plain):
        plain = f"{turned[2]} {turned[3] or ''} {turned[1]}"
    if plain in EITHER:
        return tuple(each + mark for each in EITHER[plain])
    if plain in SINGLE:
        return (SINGLE[plain] + mark,)
    if sample := OF_A_SAMPLE.fullmatch(plain):
        return (f"loss^{{({next(filter(None, sample.groups()))})}}{mark}",)
    found = WHOLE.fullmatch(plain)
    if found is None:
        return ()
    kind = next(kind for i, kind in enumerate(KINDS) if found[f"k{i}"])
    neuron = "".join(letter for letter in found["neuron"] if letter in "0123456789一二三四五六").translate(
        CHINESE_DIGITS
    )
    number = "".join(letter for letter in found["layer"] or "" if letter in "0123456789一二三四").translate(
        CHINESE_DIGITS
    )
    if found["layer"]:
        place = f"^{{{number}}}" + (f"_{{{neuron}}}" if neuron else "")
    else:
        place = f"_{{{'hidden' if found['hidden'] else 'out'}{',' if neuron else ''}{neuron}}}"
    kinds = ("delta", "error") if kind == "error?" else (kind,)
    return tuple(kind + place + mark for kind in kinds)
