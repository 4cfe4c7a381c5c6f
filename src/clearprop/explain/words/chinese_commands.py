# ruff: noqa: E501 (a sentence is one string)
"""中文：不能用的选项和文件。"""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "usage_explain_what": "请给出一份练习或模型文件，或者一个自带的算例，例如 --case case_study",
    "usage_exercise_of_what": "请给出一份练习、一个自带的算例（--case case_study），或一个由程序取数的网络（--network 2-3-1）",
    "usage_exercise_of_model": "{path} 是模型：练习要由一份练习、自带的算例（--case）或随机取的数（--network 2-3-1）生成",
    "usage_table_and_row": "还要给出表格和其中的一行，例如：clearprop explain {model} table.csv --row 1",
    "usage_row": "--row 应在 1 到 {most} 之间（{file} 的行数），而不是 {row}",
    "usage_ending": "输出文件 {path} 的扩展名应是 {endings} 之一，或用 --format 说明要写成什么",
    "usage_report_ending": "输出文件 {path} 的扩展名应是 {endings} 之一",
    "usage_sample": "--sample 应在 1 到 {most} 之间，而不是 {value}",
    "usage_one_sample": "这里只有一个样本；请去掉 --sample",
    "usage_replay": "--replay 应是不小于 1 的整数，而不是 {value}",
    "usage_certificate_file": "证书 {path} 与这条命令的另一个文件同名；请换一个名字",
    "usage_certificate_or_report": "--certificate 用于一份练习，--report 用于一个文件夹的练习：二者只能取一",
    "usage_output_of_report": "--output 和 --force 要与 --report 一起用，它批改一个文件夹的练习",
    "usage_class": "--class 自己取网络的数，并写成 Markdown；请去掉{option}",
    "usage_a_sheet": "练习文件",
    "usage_network_draws": "--network 自己取数：请去掉练习文件或 --case",
    "usage_network": "--network 应是各层的神经元数，从输入层写起，如 2-2-1，而不是“{network}”",
    "usage_planted_format": "找错练习是 Markdown，check 才能读：请去掉 --format",
    "usage_class_folder": "请说明全班的练习写到哪个文件夹，例如 --output exercise-1",
    "usage_class_is_file": "{path} 是一个文件；全班练习的 --output 应是文件夹",
    "usage_digits": "有效数字的位数应是 1 到 17 的整数，而不是 {value}",
    "usage_count": "{name}应是不小于 1 的整数，而不是 {value}",
    "usage_no_parameter": "{widths} 网络中没有名为“{name}”的权重或偏置；例如可以写 {examples}",
    "usage_no_parameter_near": "{widths} 网络中没有名为“{name}”的权重或偏置；是不是想写 {near}？",
    "usage_not_a_parameter": "{name} 不是权重或偏置；例如可以写 {examples}",
    "usage_lbfgs": "L-BFGS 自己选择步长，没有可以讲解的更新公式；请讲解另一种优化器的一步，例如 sgd(0.1) 或 adam()",
    "usage_fractions": "{name} 不能写成精确的分数：它的公式 {formula} 超出了有理数；请用小数，或用 relu、identity 和平方误差，并用 sgd",
    "kind_section": "部分",
    "kind_form": "形式",
    "option_steps": "步数",
    "option_networks": "网络数",
}
