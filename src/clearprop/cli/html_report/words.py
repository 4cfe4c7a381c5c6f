# ruff: noqa: E501 (a sentence is one string)
"""What the report says, in two languages. Notes, reasons and how columns are encoded are as the command prints them."""

from __future__ import annotations

import re
from collections.abc import Mapping

Words = Mapping[str, str]

ENGLISH: Words = {
    "lang": "en",
    "title": "Training on {file}: {target}",
    "contents": "Contents",
    "summary": "What was trained",
    "scores": "How good it is",
    "scores_said": "Score on the {n} held-out rows, beside that of {trivial}.",
    "folds_said": "Score by {n}-fold cross-validation: mean ± standard deviation over the folds.",
    "no_scores": "No rows were held out, so no score says how good it is: ‘clearprop evaluate’ does, on other rows.",
    "score": "score", "network": "network", "trivial": "trivial predictor",
    "confusion": "What is taken for what",
    "confusion_said": "Rows are the true classes, columns the predicted ones, of the held-out rows.",
    "mistakes_said": "The most frequent of {n} mistakes on the held-out rows; there are too many classes for a matrix.",
    "true": "true", "predicted": "predicted", "rows": "rows", "corner": "true ↓ predicted →",
    "residuals": "Where predictions miss",
    "residuals_said": "True minus predicted, over the prediction, for {shown} of {n} held-out rows. Points on the dashed line are right.",
    "residuals_of": "Residuals of {column}",
    "quantile": "of all rows, this share has a residual below", "residual": "residual",
    "calibration": "Whether probabilities mean what they say",
    "calibration_two": "How often a held-out row is {label}, over how probable the network says it is.",
    "calibration_more": "How often the most probable class of a held-out row is right, over how probable it is said to be.",
    "calibration_error": "The expected calibration error is {error}.",
    "said_probability": "mean probability", "share_right": "share of rows",
    "curves": "How it was learned",
    "curves_said": "Training {reason}.",
    "curves_figure": "The loss of training rows and of validation rows after every epoch.",
    "curves_training": "The training loss after every epoch.",
    "watched_figure": "{score}, after every epoch.",
    "flow_figure": "The norm of the gradient of each layer at the last update of every epoch.",
    "epoch": "epoch", "loss": "training loss", "rate": "learning rate",
    "layer": "gradient of layer {l}",
    "importance": "Which columns matter",
    "importance_said": "By so much {what} on {n} validation rows, if the values of one column are shuffled.",
    "importance_more": "The picture shows the first {n}.",
    "no_importance": "Not measured: it takes two columns, and rows and time to measure on.",
    "column": "column", "importance_head": "importance",
    "dependence": "How predictions go with a column",
    "dependence_said": "The mean prediction over {n} rows, if the column had the same value in all of them and all else stayed (partial dependence). It says what the networks do, not what causes what; rows are counted that no table has.",
    "dependence_of": "The mean {what}, over {column}.",
    "probability": "probability of the classes", "probability_of": "probability of {label}",
    "drawn": "The network",
    "drawn_said": "{architecture}.",
    "drawn_several": "{n} networks of this kind, whose outputs are averaged; the first is drawn.",
    "drawn_figure": "Thick lines are large weights of their layer, solid ones positive, dashed ones negative.",
    "activations_figure": "What the hidden neurons of the first network answer to {n} rows: dead neurons answer 0 to all of them, saturated ones let hardly any error through.",
    "settings": "Settings",
    "setting": "setting", "value": "value",
    "columns": "Columns, and what became of them",
    "inputs": "inputs", "how": "how", "not_used": "not used: {reason}",
    "notes": "Notes", "no_notes": "There was nothing to note.",
    "numbers": "The numbers of this picture",
    "scroll": "Table {n}, can be scrolled sideways",
    "made": "Written by clearprop {version}. The model is {model}.",
    "more": "and {n} more, which ‘clearprop train --json’ has",
}  # fmt: skip
CHINESE: Words = {
    "lang": "zh-Hans",
    "title": "用 {file} 训练：{target}",
    "contents": "目录",
    "summary": "训练了什么",
    "scores": "效果如何",
    "scores_said": "在留出的 {n} 行上的得分，旁边是平凡预测（{trivial}）的得分。",
    "folds_said": "{n} 折交叉验证的得分：各折的均值 ± 标准差。",
    "no_scores": "没有留出任何行，所以没有得分可说明效果：可用 clearprop evaluate 在别的行上评分。",
    "score": "得分", "network": "网络", "trivial": "平凡预测",
    "confusion": "把什么当成了什么",
    "confusion_said": "行是真实类别，列是预测类别，都是留出的行。",
    "mistakes_said": "留出的行上共 {n} 次错误，这里是最常见的；类别太多，画不成矩阵。",
    "true": "真实", "predicted": "预测", "rows": "行数", "corner": "真实 ↓ 预测 →",
    "residuals": "预测偏在哪里",
    "residuals_said": "纵轴是真实值减预测值，横轴是预测值，共画出留出的 {n} 行中的 {shown} 行。落在虚线上的点没有偏差。",
    "residuals_of": "{column} 的残差",
    "quantile": "残差小于右列的行所占的比例", "residual": "残差",
    "calibration": "概率是否名副其实",
    "calibration_two": "网络给出的概率（横轴）与留出的行确实是 {label} 的比例（纵轴）。",
    "calibration_more": "最可能的类别的概率（横轴）与它确实正确的比例（纵轴），都是留出的行。",
    "calibration_error": "期望校准误差为 {error}。",
    "said_probability": "平均概率", "share_right": "行的比例",
    "curves": "学习过程",
    "curves_said": "训练的结束（英文原文）：{reason}。",
    "curves_figure": "每轮之后训练行与验证行的损失。",
    "curves_training": "每轮之后的训练损失。",
    "watched_figure": "{score}，每轮之后测一次。",
    "flow_figure": "每轮最后一次更新时各层梯度的范数。",
    "epoch": "轮", "loss": "训练损失", "rate": "学习率",
    "layer": "第 {l} 层的梯度",
    "importance": "哪些列重要",
    "importance_said": "在 {n} 行验证数据上打乱一列的值，{what}多少。",
    "importance_more": "图中是前 {n} 列。",
    "no_importance": "没有测量：要有至少两列，还要有可供测量的行和时间。",
    "column": "列", "importance_head": "重要性",
    "dependence": "预测怎样随一列变化",
    "dependence_said": "假如该列在所有行中都取同一个值，其余不变，{n} 行的平均预测（部分依赖）。它说明网络怎样预测，不说明因果；其中也算进了实际不会出现的行。",
    "dependence_of": "{what}的平均值（纵轴）随 {column}（横轴）的变化。",
    "probability": "各类别的概率", "probability_of": "{label} 的概率",
    "drawn": "网络",
    "drawn_said": "{architecture}。",
    "drawn_several": "共 {n} 个这样的网络，取输出的平均；画的是第一个。",
    "drawn_figure": "线越粗，权重在该层中越大；实线为正，虚线为负。",
    "activations_figure": "第一个网络的隐藏神经元对 {n} 行的激活：死亡的神经元总是答 0，饱和的几乎不让误差通过。",
    "settings": "设置",
    "setting": "设置", "value": "值",
    "columns": "各列及其用法",
    "inputs": "输入数", "how": "用法（英文原文）", "not_used": "未用：{reason}",
    "notes": "说明（英文原文）", "no_notes": "没有需要说明的。",
    "numbers": "图中的数",
    "scroll": "表格 {n}，可左右滚动",
    "made": "由 clearprop {version} 写出，模型是 {model}。",
    "more": "另有 {n} 项，见 clearprop train --json",
}  # fmt: skip
LANGUAGES: Mapping[str, Words] = {"en": ENGLISH, "zh": CHINESE}

FACTS: Mapping[str, str] = {
    "file": "文件", "target": "目标", "task": "任务", "inputs": "输入", "rows": "行", "network": "网络", "engine": "引擎",
}  # fmt: skip
# The names of scores, as the tables of the command have them: the beginning, and what is said for it.
SCORES: Mapping[str, str] = {
    "accuracy": "准确率", "balanced accuracy": "平衡准确率", "log loss": "对数损失", "ROC-AUC": "ROC-AUC",
    "average precision": "平均精度", "expected calibration error": "期望校准误差", "F1": "F1", "RMSE": "均方根误差",
    "mean absolute error": "平均绝对误差", "R²": "R²", "RMSE of the logarithm": "对数的均方根误差",
    "mean absolute error of the logarithm": "对数的平均绝对误差", "rows below the quantile": "低于分位数的行",
    "pinball loss of the quantile": "分位数损失", "loss": "损失", "f1": "F1", "share of rows below the prediction": "低于预测的行", "pinball loss": "分位数损失",
}  # fmt: skip
RISES: Mapping[str, str] = {"the log loss rises": "对数损失升高", "R² falls": "R² 降低"}
PARTS = re.compile(r"(?P<name>.+?)(?P<rest>, mean over the classes| of .*| [\d.]+)?$")


def score_named(name: str, language: str) -> str:
    """The name of a score in a language.

    Examples
    --------
    >>> from clearprop.cli.html_report.words import score_named
    >>> score_named("RMSE of price", "zh"), score_named("RMSE of price", "en")
    ('均方根误差（price）', 'RMSE of price')
    """
    if language == "en":
        return name
    if name in SCORES:
        return SCORES[name]
    found = PARTS.match(name)
    assert found is not None
    known, rest = SCORES.get(found["name"], found["name"]), found["rest"] or ""
    if rest == ", mean over the classes":
        return f"{known}（各类的均值）"
    return f"{known}（{rest.removeprefix(' of ').strip()}）" if rest else known
