# ruff: noqa: E501 (a sentence is one string)
"""简体中文：训练可能提出的要求。"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "asked_smoothing": "标签平滑：把每个目标中 α = {smoothing} 的部分平均分给 K = {classes} 个类别。",
    "asked_dropout": "随机失活（{layers}，依次为层号和失活比例）：保留下来的信号除以保留概率。哪些神经元失活由种子 {seed} 和步数决定。",
    "asked_l2": "l2 惩罚，强度 {strength}，只针对权重，不针对偏置；它加在各样本之和上，所以要除以样本的总权重。",
    "asked_l1": "l1 惩罚，强度 {strength}，只针对权重，不针对偏置；它加在各样本之和上，所以要除以样本的总权重。",
    "asked_clipping": "梯度的长度超过 {limit} 时，将它缩短。",
    "asked_decay": "解耦的权重衰减，强度 {decay}：在走这一步之前，不论梯度如何，权重都先按它缩小。",
    "loss_weighted": "样本按各自的权重计入：{share} 是一个样本在总权重中所占的比例，只在 {error} 中出现一次。",
    "embedding_words": "这一层嵌入数值：前 {inputs} 个输出就是输入本身，其后的 {waves} 个是单个输入的余弦波，频率和相位都由学习得到。有了这些波，下一层对数值的每一段都可以有不同的反应。",
    "dropout_words": "随机失活：每个神经元发出的信号要乘以 {mask}，失活的神经元为 0。",
    "smoothing_words": "标签平滑使各目标略微靠近；损失用输出与平滑后的目标比较。",
    "penalty_heading": "加上惩罚",
    "penalty_words": "这一步要让损失与惩罚之和变小，因此把惩罚的梯度加到损失的梯度上。",
    "clipping_heading": "梯度裁剪",
    "clipping_words": "对所有参数的偏导数合成一个长向量。它太长时就缩短，方向不变。",
    "went_up_masked": "在这些神经元失活的情况下损失变大了：相对于损失函数的曲率，步长过大。",
}  # fmt: skip
