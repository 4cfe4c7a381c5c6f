"""What the formulas of the library say of themselves, in Chinese.

In English it is the first sentence of their docstrings, which is said of a formula that is not here.
"""

from __future__ import annotations

from collections.abc import Mapping

SENTENCES: Mapping[str, str] = {
    # activations
    "identity": "a = z，回归的输出。",
    "logistic": "a = 1 / (1 + e⁻ᶻ)，也叫 sigmoid。",
    "tanh": "a = tanh z，双曲正切。",
    "relu": "a = max(z, 0)。Nair 与 Hinton（2010）。在 0 处斜率取 0。",
    "leaky_relu": "z > 0 时 a = z，否则取 z 的一个小倍数。Maas、Hannun 与 Ng（2013）。",
    "elu": "z > 0 时 a = z，否则 a = α(eᶻ − 1)。Clevert、Unterthiner 与 Hochreiter（2016）。",
    "selu": "a = λ·elu(z)，两个常数使均值保持为 0、方差保持为 1。Klambauer 等（2017），附录 A1。",
    "gelu": "a = z·Φ(z)，Φ 是正态分布函数。Hendrycks 与 Gimpel（2016），精确形式。",
    "silu": "a = z / (1 + e⁻ᶻ)，也叫 swish。Elfwing、Uchibe 与 Doya（2018）。",
    "softplus": "a = log(1 + eᶻ)，光滑的 relu。Dugas 等（2001）。",
    "mish": "a = z·tanh(softplus(z))。Misra（2020）。",
    "exp": "a = eᶻ，用来输出泊松均值。",
    "softmax": "aⱼ = e^(zⱼ) / Σₖ e^(zₖ)：一行的各个输出都为正，和为 1。",
    "relu6": "a = min(max(z, 0), 上限)。Krizhevsky（2010），上限 6 同 MobileNet。",
    "hard_tanh": "在两个界限之间 a = z，界限之外取较近的界限。Collobert（2004）。",
    "hard_sigmoid": (
        "a = αz + β，限制在 0 与 1 之间。Courbariaux、Bengio 与 David（2015）；"
        "PyTorch 和 Keras 3 中 α = 1/6，ONNX 中 0.2。"
    ),
    "hard_swish": "a = z·(z/6 + ½)，第二个因子限制在 0 与 1 之间。Howard 等（2019），MobileNetV3。",
    "softsign": "a = z / (1 + |z|)。Bergstra、Desjardins、Lamblin 与 Bengio（2009）。",
    "celu": "z > 0 时 a = z，否则 a = α(e^(z/α) − 1)：无论 α 取多少，在 0 处斜率都连续的 elu。Barron（2017）。",
    "softplus_threshold": "βz 不超过阈值时 a = log(1 + e^(βz)) / β，超过后 a = z：PyTorch 的 Softplus。",
    "log_sigmoid": "a = log(1 / (1 + e⁻ᶻ))，概率的对数。",
    "swish": "a = z / (1 + e^(−βz))；β = 1 时就是 silu。Ramachandran、Zoph 与 Le（2017）。",
    "gelu_tanh": "a = ½z(1 + tanh(√(2/π)(z + 0.044715z³)))，接近 gelu。Hendrycks 与 Gimpel（2016），近似形式。",
    "squared_relu": "a = max(z, 0)²。So 等（2021），Primer。",
    "tanhshrink": "a = z − tanh z。",
    "log_softmax": "aⱼ = zⱼ − log Σₖ e^(zₖ)，softmax 的对数。",
    # losses
    "squared_error": "C = (y − a)²，不带 ½。",
    "half_squared_error": "C = ½(y − a)²：教科书里的 ½，使斜率恰好是 a − y。",
    "absolute_error": "C = |y − a|，最好的常数预测是中位数。",
    "huber": "|y − a| 不超过 δ 时 C = ½(y − a)²，超过后 C = δ(|y − a| − ½δ)。Huber（1964）。",
    "quantile": "y ≥ a 时 C = q(y − a)，否则 C = (1 − q)(a − y)：分位数损失。Koenker 与 Bassett（1978）。",
    "poisson": "C = y log(y/a) − y + a，泊松偏差的一半；y = 0 时 y log(y/a) 算作 0。",
    "cross_entropy": "C = −y log a，对各类别求和，y 是类别上的分布（已知类别时为独热编码）。",
    "binary_cross_entropy": "C = −y log a − (1 − y) log(1 − a)，用于两个类别，或多标签目标中的每个标签。",
    # update rules
    "sgd": "θ ← θ − ηg：梯度下降。Robbins 与 Monro（1951）；Nielsen，式 16–17。",
    "momentum": "v ← μv − ηg；θ ← θ + v。Polyak（1964），写法依 Sutskever 等（2013），式 1–2。",
    "nesterov": "v ← μv − ηg；θ ← θ + μv − ηg。Nesterov（1983），写法依 Bengio 等（2013），式 7。",
    "rmsprop": "v ← ρv + (1 − ρ)g²；θ ← θ − ηg/(√v + ε)。Hinton，《机器学习中的神经网络》，第 6e 讲（2012）。",
    "adam": "m ← β₁m + (1 − β₁)g；v ← β₂v + (1 − β₂)g²；θ ← θ − η·m̂/(√v̂ + ε)，m̂ = m/(1 − β₁ᵗ)，v̂ = v/(1 − β₂ᵗ)。",
    "adamw": "Adam，权重衰减与梯度分开。Loshchilov 与 Hutter（2019），算法 2，两个速率都取 η。",
    # schedules
    "constant": "始终为 1。",
    "step": "gamma^⌊轮次 / step_size⌋：每过 `step_size` 轮，乘以 gamma 下降一次。",
    "exponential": "gamma^轮次。",
    "inverse_scaling": "(样本数 + 1)^(−power)，样本数是本轮之前见过的样本，计法同 scikit-learn 的 \"invscaling\"。",
    "cosine": "沿半个余弦从 1 降到 `end`。Loshchilov 与 Hutter（2017），式 5，不重启。",
    "one_cycle": "在训练的前 `rise` 部分从 `start` 升到 1，再降到 `end`，都沿余弦。Smith 与 Topin（2019）。",
    "reduce_on_plateau": "先为 1，直到所看的损失连续 `patience` 轮没有变好；然后乘以 gamma，如此反复。",
    # initialisers
    "glorot_normal": "标准差 √(2 / (fan_in + fan_out))。Glorot 与 Bengio（2010），式 12。",
    "glorot_uniform": "在 ±√(6 / (fan_in + fan_out)) 内均匀分布。Glorot 与 Bengio（2010），式 16。",
    "he_normal": "标准差 √(2 / fan_in)，用于 relu。He 等（2015），式 10。",
    "he_uniform": "在 ±√(6 / fan_in) 内均匀分布。",
    "lecun_normal": "标准差 √(1 / fan_in)。LeCun 等（1998），式 16。",
    "lecun_uniform": "在 ±√(3 / fan_in) 内均匀分布。",
    "orthogonal": "行或列（取较少的一方）标准正交，再乘以 gain。Saxe、McClelland 与 Ganguli（2014）。",
}  # fmt: skip
