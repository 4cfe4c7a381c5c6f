"""English that is left over in Chinese: words that are no names of quantities, functions, people or commands."""

import re

# What a Chinese text writes in Latin letters: names of quantities, of functions and optimizers, of people, of commands.
LATIN = {
    "sigmoid", "tanh", "relu", "softmax", "identity", "logistic", "leaky_relu", "elu", "selu", "gelu", "silu", "mish",
    "relu6", "hard_tanh", "hard_sigmoid", "hard_swish", "softsign", "celu", "softplus_threshold", "log_sigmoid",
    "swish", "gelu_tanh", "squared_relu", "tanhshrink", "log_softmax",
    "softplus", "exp", "huber", "quantile", "poisson", "squared_error", "half_squared_error", "absolute_error",
    "cross_entropy", "binary_cross_entropy", "sgd", "momentum", "nesterov", "rmsprop", "adam", "adamw", "beta1",
    "beta2", "epsilon", "weight_decay", "learning_rate", "Nielsen", "nielsen", "code", "letters", "mazur", "rashid",
    "case_study", "sharing", "xor", "two_players", "three_players", "logistic_regression", "digits", "UTF", "TOML",
    "network", "results", "nan", "text",
    "ReLU", "dC", "dw", "db",
    "clearprop", "exercise", "check", "report", "language", "force", "output", "class", "dropout", "MSE", "max", "min",
}  # fmt: skip
QUANTITY = re.compile(r"(?:[mv]_)?(?:hat_)?d?(?:loss|losses|delta|error|slope|jacobian|[zaybWxh])\d*(?:_new)?")


def english_in(text):
    """The words of a text that are neither names nor quoted; of two letters and more."""
    bare = re.sub(r"“[^”]*”|\S+\.(?:md|txt|html|csv|json|toml)\b", " ", text)
    words = re.findall(r"[A-Za-z][A-Za-z_\d]*", bare)
    named = {word for word in words if re.search(r"\d|_$", word) or QUANTITY.fullmatch(word)}
    return [word for word in words if len(word) > 1 and word not in LATIN and word not in named]
