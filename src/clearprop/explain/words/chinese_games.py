# ruff: noqa: E501 (a sentence is one string)
"""简体中文：猜数字游戏。"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "game_two": "猜数字游戏：两名玩家",
    "game_three": "猜数字游戏：三名玩家",
    "cast_two": "小黄帽听到左边传来的信号，向右边喊出一个数。小蓝猫知道要猜的数，直接告诉他差了多少。小黄帽是输出，小蓝猫是误差：这是没有隐藏层的网络。",
    "cast_three": "小黄帽向右边喊出一个数。左边的信号要经过站在中间的小女孩才能传到他那里：小女孩是隐藏层。小蓝猫知道要猜的数，它告诉小黄帽差了多少，却从不对小女孩说一句话。",
    "porter": "权重是搬运工。向前，他们搬运信号；向后，还是同一批搬运工，搬运误差。用他们的话说：我们不制造误差，我们只是误差的搬运工。",
    "edges_two": "这个权重画成实线，因为误差直接到达；它的正负用颜色和符号表示。",
    "edges_three": "小黄帽的权重画成实线，因为误差直接到达；小女孩的权重画成虚线，因为误差要经过小黄帽才到达；权重的正负用颜色和符号表示。",
    "figure_two": "左边的喇叭发出信号；唯一的权重画成实线，上面站着一名搬运工；小黄帽喊出他的数；小蓝猫告诉他差了多少。",
    "figure_three": "左边的喇叭发出信号；通向小女孩的权重画成虚线，上面站着一名搬运工；从她通向小黄帽的权重画成实线，上面也站着一名；小黄帽喊出他的数。小蓝猫告诉小黄帽差了多少；它的话只能沿着小黄帽的权重，顺着虚线箭头传回给小女孩。",
    "figure_signal": "信号",
    "figure_girl": "小女孩",
    "figure_guesser": "小黄帽",
    "figure_cat": "小蓝猫",
    "figure_wanted": "要猜的数：{y}",
    "figure_legend_two": "实线：误差直接告知",
    "figure_legend_three": "实线：误差直接告知；虚线：误差搬运而来",
    "round": "第 {n} 轮",
    "hears": "小黄帽听到信号 {signal}。经过他的权重 {weight} 和偏置 {bias}，变成 {z}。",
    "girl_hears": "小女孩听到信号 {signal}。经过她的权重 {weight} 和偏置 {bias}，变成 {z}，她传出 {a}。",
    "guesser_hears_girl": "小黄帽从她那里听到 {signal}。经过他的权重 {weight} 和偏置 {bias}，变成 {z}。",
    "guesses": "他喊出 {a}。要猜的数是 {y}。",
    "cat_says_low": "小蓝猫说：小了！你的损失是 {loss}；你的加权和每增加一个单位，损失就变化 {delta}。这就是你差了多少，也就是你的 δ。",
    "cat_says_high": "小蓝猫说：大了！你的损失是 {loss}；你的加权和每增加一个单位，损失就变化 {delta}。这就是你差了多少，也就是你的 δ。",
    "cat_says_right": "小蓝猫说：猜中了！你的损失是 {loss}；你差了多少，也就是你的 δ，是 {delta}。",
    "cat_silent": "小蓝猫对小女孩什么也没说。小黄帽的权重 {weight} 上的搬运工接过他的 {delta}，把 {error} 搬回给她；再乘以她的激活函数的导数 {slope}，就是她的 δ：{hidden}。",
    "guesser_learns": "小黄帽把权重从 {weight} 改为 {new}，把偏置从 {bias} 改为 {new_bias}。",
    "girl_learns": "小女孩把权重从 {weight} 改为 {new}，把偏置从 {bias} 改为 {new_bias}。",
    "game_end": "{n} 轮之后，损失从 {first} 变为 {last}。",
}  # fmt: skip
