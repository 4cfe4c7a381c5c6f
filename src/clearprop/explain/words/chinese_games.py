# ruff: noqa: E501 (a sentence is one string)
"""简体中文：猜数字游戏。"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "game_two": "猜数字游戏：两名玩家",
    "game_three": "猜数字游戏：三名玩家",
    "cast_two": "戴黄帽子的猜数人在左边听到信号，在右边喊出一个数。蓝猫知道要猜的数，直接告诉他差了多少。他是输出，猫是误差：这是没有隐藏层的网络。",
    "cast_three": "戴黄帽子的猜数人在右边喊出一个数。左边的信号要经过站在中间的女孩才能传到他那里：她是隐藏层。蓝猫知道要猜的数，告诉猜数人差了多少，"
    "但从不对她说一句话。",
    "porter": "权重是搬运工。向前，他们搬运信号；向后，还是同一批搬运工搬运误差。他们会说：误差不是我们制造的，我们只是误差的搬运工。",
    "edges": "误差直接到达的权重画成实线，经过别人才到达的画成虚线；权重的正负用颜色和符号表示。",
    "figure_two": "左边的号角发出信号；唯一的权重上站着一个搬运工，画成实线；戴黄帽子的猜数人喊出他的数；蓝猫告诉他差了多少。",
    "figure_three": "左边的号角发出信号；通往女孩的权重上站着一个搬运工，画成虚线；从她通往戴黄帽子的猜数人的权重上也站着一个，画成实线；"
    "猜数人喊出他的数。蓝猫告诉猜数人差了多少；它的话只能沿着他的权重，顺着虚线箭头传回给女孩。",
    "figure_signal": "信号",
    "figure_girl": "女孩",
    "figure_guesser": "猜数人",
    "figure_cat": "猫",
    "figure_wanted": "要猜的数：{y}",
    "figure_legend": "实线：误差直接告知 · 虚线：误差搬运而来",
    "round": "第 {n} 轮",
    "hears": "猜数人听到信号 {signal}。经过他的权重 {weight} 和偏置 {bias}，变成 {z}。",
    "girl_hears": "女孩听到信号 {signal}。经过她的权重 {weight} 和偏置 {bias}，变成 {z}，她传出 {a}。",
    "guesser_hears_girl": "猜数人从她那里听到 {signal}。经过他的权重 {weight} 和偏置 {bias}，变成 {z}。",
    "guesses": "他喊出 {a}。要猜的是 {y}。",
    "cat_says": "猫说：你的损失是 {loss}；你的加权和每变化一个单位，它变化 {delta}。",
    "cat_silent": "猫对女孩什么也没说。猜数人权重 {weight} 上的搬运工接过他的 {delta}，把 {error} 搬回给她；乘以她的斜率 {slope}，就是 {hidden}。",
    "guesser_learns": "猜数人把权重从 {weight} 改为 {new}，把偏置从 {bias} 改为 {new_bias}。",
    "girl_learns": "女孩把权重从 {weight} 改为 {new}，把偏置从 {bias} 改为 {new_bias}。",
    "game_end": "{n} 轮之后，损失从 {first} 变为 {last}。",
}  # fmt: skip
