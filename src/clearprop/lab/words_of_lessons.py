# ruff: noqa: E501 (a sentence is one string)
"""The sentences about exercises, sheets and games, in both languages."""

from __future__ import annotations

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "exercise_large": "this step has {n} numbers, more than the {most} that anybody fills in: take a smaller network, or look at one row",
    "exercise_seed": "the seed must be a whole number from 0, not {seed}",
    "exercise_gone": "this exercise is not kept any more: make a new one",
    "exercise_empty": "fill in at least one blank",
    "exercise_no_blank": "this exercise has no blank {name}",
    "exercise_no_number": "{name}: {text!r} is not a number; write for example -0.0123 or 1.2e-5",
    "exercise_wrong": "{wrong} of {n} wrong.",
    "exercise_open": "All {n} right so far; still open: {blank}.",
    "exercise_done": "All right: every one of the {n}.",
    "sheets_names": "a class has from 1 to {most} names, not {n}",
    "sheets_number": "{name} must be a whole number from 0, not {text!r}",
    "game_rounds": "rounds must be a whole number from 1 to {most}, not {text!r}",
    "game_players": "the game is for 2 or 3 players, not {text!r}",
}
CHINESE: Mapping[str, str] = {
    "exercise_large": "这一步有 {n} 个数，超过了适合填写的 {most} 个：请用小一些的网络，或者只看一行数据",
    "exercise_seed": "随机种子应是不小于 0 的整数，而不是 {seed}",
    "exercise_gone": "这份练习已不再保存：请重新出题",
    "exercise_empty": "请至少填写一个空格",
    "exercise_no_blank": "这份练习没有空格 {name}",
    "exercise_no_number": "{name}：“{text}”不是数；可以写成 -0.0123 或 1.2e-5 的样子",
    "exercise_wrong": "{n} 个中有 {wrong} 个错误。",
    "exercise_open": "到目前为止 {n} 个全对；还有 {blank} 个空格。",
    "exercise_done": "{n} 个全部正确。",
    "sheets_names": "一个班应有 1 到 {most} 个名字，而不是 {n} 个",
    "sheets_number": "{name} 应是不小于 0 的整数，而不是“{text}”",
    "game_rounds": "轮数应是 1 到 {most} 的整数，而不是“{text}”",
    "game_players": "游戏有 2 名或 3 名玩家，而不是“{text}”",
}
