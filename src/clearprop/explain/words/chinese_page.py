# ruff: noqa: E501 (a sentence is one string)
"""Chinese: what pages and drawings say beside the explanation itself."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "piecewise_if": "若",
    "piecewise_otherwise": "否则",
    "contents": "目录",
    "by_equations": "由 {equations}",
    "wide_formula": "较宽的公式 {n}，可左右滚动",
    "wide_table": "表格 {n}，可左右滚动",
    "wide_picture": "图 {n}，可左右滚动",
    "drawn_forward": "各层神经元数为 {widths} 的网络的前向传播",
    "drawn_backward": "各层神经元数为 {widths} 的网络的反向传播",
    "drawn_layer": "第\u00a0{layer}\u00a0层：{numbers}。",
    "drawn_weights": "权重：{weights}。",
    "forward_words": "信号向右传。正权重为紫色并标 +，负权重为琥珀色并标 −；实线是误差直接到达的权重，虚线是隔着隐藏层的权重。"
    "加粗的是 {parameter} 所在的路径。",
    "backward_words": "同一个网络，反过来走：每份误差沿着当初传送信号的那个权重传回去。",
    "neurons_in_all": "⋮ 共 {count} 个",
    "drawn_sharing": "站在隐藏神经元处向前看",
    "drawn_shares": "{own} 是从各输出传来的误差之和；输出误差为 {ends}，沿每条粗箭头分到的份额为 {shares}。",
    "drawn_shares_one": "{own} 是从唯一的输出传来的误差；输出误差为 {ends}，沿粗箭头分到的份额为 {shares}。",
    "drawn_shares_part": "{own} 是从全部 {n} 个输出传来的误差之和。图中画了其中 {drawn} 个：输出误差为 {ends}，沿每条粗箭头分到的份额为 {shares}。",
    "drawn_more": "⋮ 另外 {count} 个",
    "drawn_share": "份额 {share}",
    "sharing_figure_words": "站在隐藏神经元处向前看：它的误差沿着粗箭头从每个输出传回来。",
    "sharing_figure_words_one": "站在隐藏神经元处向前看：它的误差沿着粗箭头从唯一的输出传回来。",
    "sharing_figure_part": "站在隐藏神经元处向前看：它的误差沿着粗箭头从每个输出传回来；图中画了 {n} 个输出中的 {drawn} 个。",
    "drawn_porter": "同一个权重，两趟行程",
    "drawn_porter_words": "向前，搬运工带着信号 {signal} 走过权重 {weight}；向后，带着误差 {error} 走过同一个权重。",
    "porter_figure_words": "同一个搬运工，同一个权重：去时带信号，回来带误差。",
    "drawn_loss": "损失随步数的变化",
    "drawn_losses": "从第 0 步起的损失：{losses}。",
    "loss_figure_words": "每一步之后的损失。",
    "animated_forward": "第 {n} 步，前向：损失为 {loss}。",
    "animated_backward": "第 {n} 步，反向：每份误差沿着当初传送信号的那个权重传回去。",
    "animated_end": "更新 {updates} 次之后，损失为 {loss}。",
    "animated_colon": "：",
    "animated_loss": "损失",
}
