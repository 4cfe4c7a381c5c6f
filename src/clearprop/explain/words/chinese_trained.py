# ruff: noqa: E501 (a sentence is one string)
"""简体中文：训练好的模型。"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "model": "模型与这一行数据",
    "model_networks": "{target} 由 {n} 个网络预测，取它们输出的平均值。这里讲解的是第 {member} 个。",
    "model_actual": "这一行的 {target} 是 {actual}。",
    "model_step_known": "这一步就是训练时用这一行数据会走的下一步：{rule}，各项设置与那次训练相同。",
    "model_step_assumed": "不知道它当时是怎样训练的，因此这一步按普通的 {rule} 计算。",
    "model_step_asked": "这一步按要求用 {rule} 计算。",
    "model_input": "输入",
    "model_meaning": "含义",
    "model_value": "这一行的值",
    "model_number": "数值",
    "model_output": "输出",
    "model_class": "类别",
    "model_missing": "缺失",
    "how_scaled": "数值减去训练数据的中位数，除以四分位距，再平滑地限制大小；缺失时用中位数代替。",
    "how_bin": "“from … to …”：数值在这一区间中走了多远，从 0（在区间之下）到 1（在区间之上）。",
    "how_category": "类别在自己的输入上为 1，在其他输入上为 0。",
    "how_pair": "两个类别共用一个输入：一个为 1，另一个为 −1。",
    "how_rare": "“another”：训练中太少见的类别都在这个输入上为 1。",
    "how_truth": "真为 1，假为 −1。",
    "how_circle": "日期还以它在一年、一周或一天中的位置输入：圆上的一点，即正弦和余弦。",
    "how_item": "每一项减去训练数据的平均值，除以标准差，再平滑地限制大小。",
    "how_missing": "“is missing”：值缺失时为 1，否则为 0。",
    "model_probability": "输出是 {label} 的概率。",
    "model_learns": "网络学习的是 {target} 减去训练数据的平均值 {centre}，再除以标准差 {scale}。",
    "model_learns_log": "网络学习的是 {target} 的自然对数，减去训练数据的平均值 {centre}，再除以标准差 {scale}。",
    "answer": "predict 给出的答案",
    "answer_dropout": "上面的训练步骤中有神经元失活。预测时所有神经元都参加，所以这里的输出与上面不同。",
    "answer_mean": "取 {n} 个网络输出的平均值：",
    "answer_network": "第 {n} 个",
    "answer_average": "平均值",
    "answer_tempered": "温度 T",
    "answer_temperature": "概率按温度 T = {temperature} 调整（温度由网络没有学过的数据求得）：每个概率取 1/T 次幂，再除以它们的和。",
    "answer_unit": "回到所学的尺度：{output} 乘以 {scale}，再加上 {centre}，等于 {value}。",
    "answer_bounds": "预测不超出训练数据的范围 {low} 到 {high}，因此取 {value}。",
    "answer_log": "这是 {target} 的对数；还原就是 e 的 {value} 次幂。",
    "answer_is": "predict 的答案：{target} = {answer}。",
    "answer_class": "predict 给出概率最大的类别：{answer}。",
}  # fmt: skip
