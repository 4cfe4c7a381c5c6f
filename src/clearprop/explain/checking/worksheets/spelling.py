"""One spelling for the many ways of writing a name: ``$z^{(1)}_1$``, ``z⁽¹⁾₁`` and ``z^(1)_1`` are all ``z^{1}_{1}``.

What comes out are letters of ASCII and of Chinese, scripts in ``^{ }`` and ``_{ }``, indices in ``[ ]`` and the marks
``+`` (after the update) and ``'`` (a derivative).
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache

from clearprop.explain.writing.symbols import LOWERED, RAISED

GREEK: Mapping[str, str] = {
    "δ": "delta", "Δ": "Delta", "η": "eta", "σ": "sigma", "∇": "nabla", "∂": "d", "𝜕": "d", "ϕ": "phi", "φ": "phi",
    "ω": "omega", "Ω": "Omega", "λ": "lambda", "κ": "kappa", "ℓ": "l", "ŷ": "yhat",
}  # fmt: skip
COMMANDS: Mapping[str, str] = {
    "partial": "d", "mathcal": "", "mathbf": "", "boldsymbol": "", "bm": "", "mathrm": "", "mathit": "", "text": "",
    "textbf": "", "textit": "", "operatorname": "", "vec": "", "left": "", "right": "", "displaystyle": "",
    "prime": "'", "mathtt": "", "texttt": "", "ell": "l", "big": "", "Big": "", "bigl": "", "bigr": "", "rm": "",
    "bf": "", "quad": "", "hat": "hat", "widehat": "hat", "tilde": "tilde", "widetilde": "tilde", "bar": "",
    "nabla": "nabla", "top": "^{T}",
}  # fmt: skip
RUN_UP = "".join({*RAISED.values(), "ᵗ", "ᵒ", "ᵘ", "ᵀ", "⁻"})
RUN_DOWN = "".join({*LOWERED.values(), "ₗ", "ₒ", "ₕ", "ₜ", "ₚ", "ₐ", "ₑ", "ₓ", "ᵤ"})
SCRIPTED = re.compile(rf"([{RUN_UP}]+)|([{RUN_DOWN}]+)")
COMMAND = re.compile(r"\\([A-Za-z]+)\s*")
FRAC = re.compile(r"\\[dt]?frac\s*")
AFTER_WORDS = r"new|updated|neu|nouveau|after|next|t\s*\+\s*1|k\s*\+\s*1|n\s*\+\s*1"
OF_ARGUMENTS = re.compile(
    r"^([CELJ]|loss|cost)\s*\((?=[^()]*[^\W\d])(?:[^()]|\([^()]*\))*\)$", re.I
)  # L(a, y), J(w, b)
KEPT = re.compile(  # where programs keep a number: self.z1, cache["z1"]
    r"^\s*(?:self|model|net|cache|grads?|gradients|params|parameters|state|results?)"
    r"(?:\.(?=[A-Za-z]+_?\d)|\[\s*[\"'](?=[A-Za-z]+_?\d))(\w+)(?:[\"']\s*\])?\s*$"
)
DRESS = re.compile(r"[$`]|\*\*|\\[,;!: ]|\\\(|\\\)|\\\[|\\\]|[\u200b-\u200d\ufeff]")


@lru_cache(maxsize=8192)
def spelled(name: str) -> str:
    """The one spelling of a name.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.spelling import spelled
    >>> [spelled(name) for name in ("$z^{(1)}_1$", "w¹⁺₁₁", "∂C/∂w²₁₁", "m̂_W1", "W1 (new)")]
    ['z^{1}_{1}', 'w^{1}_{11}+', 'dC/dw^{2}_{11}', 'mhat_{W1}', 'W1+']
    >>> spelled("\\\\frac{\\\\partial C}{\\\\partial w}"), spelled("z1_1"), spelled("dL/dW2_11")
    ('dC/dw', 'z1_{1}', 'dL/dW2_{11}')
    """
    plain = _without_latex(DRESS.sub(" ", KEPT.sub(r"\1", name)))
    plain = _with_marks(plain.replace("′", "'").replace("’", "'"))
    plain = SCRIPTED.sub(_script, plain.replace("ᵀ", "^{T}"))
    for letter, word in GREEK.items():
        plain = plain.replace(letter, word)
    plain = unicodedata.normalize("NFKC", plain)
    plain = re.sub(r"_\{?输出层?\}?", "_{out}", re.sub(r"_\{?隐[藏含]?层?\}?", "_{hidden}", plain))
    plain, is_after = _after(plain)
    plain = re.sub(r"\s*([/^_\[\](){},.'+*])\s*", r"\1", plain.strip(" .,:;"))
    plain = re.sub(r"^\(([^()]+|[^()]*\([^()]*\)[^()]*)\)$", r"\1", _braced(plain))
    plain = re.sub(r"\{\(([^(){}]*)\)\}", r"{\1}", plain)
    plain = re.sub(r"\^\{\[(\d+)\]\}", r"^{\1}", plain)
    plain = re.sub(r"(_\{[^{}]*\})(\^\{[^{}]*\})", r"\2\1", plain)  # the raised script first
    plain = re.sub(r"\^\{\}|_\{\}", "", plain)
    plain = re.sub(r"(?<![\^_])\{(\w+)\}", r"\1", plain).replace("y_{hat}", "yhat").replace("y_{pred}", "yhat")
    plain = "yhat" if plain == "y^" else plain
    plain = re.sub(r"^([mv])_\{hat\}", r"\1hat", plain)
    return OF_ARGUMENTS.sub(r"\1", plain) + ("+" if is_after else "")


def _script(match: re.Match[str]) -> str:
    """A run of small letters as a script."""
    plain = "".join(unicodedata.normalize("NFKC", letter) for letter in match[0]).replace("−", "-")
    return f"^{{{plain}}}" if match[1] else f"_{{{plain}}}"


def _with_marks(name: str) -> str:
    """Hats and tildes that stand above a letter, as words behind it."""
    if name.isascii():
        return name
    found = unicodedata.normalize("NFD", name).replace("\u0302", "hat").replace("\u0303", "tilde")
    return unicodedata.normalize("NFC", found.replace("\u0304", "").replace("\u0305", ""))


def _without_latex(name: str) -> str:
    """The name with the commands of LaTeX worked out."""
    if "\\" not in name:
        return name
    name = name.replace("\\_", "_")
    for _ in range(8):  # fractions in fractions
        found = FRAC.search(name)
        if found is None:
            break
        above, rest = _argument(name, found.end())
        below, rest = _argument(name, rest)
        name = f"{name[: found.start()]} {above}/{below} {name[rest:]}"
    name = re.sub(r"\\(wide)?(hat|tilde)\s*(?:\{([^{}]*)\}|(\w))", r"\3\4\2", name)

    def command(match: re.Match[str]) -> str:
        word = match[1]
        return COMMANDS[word] if word in COMMANDS else word + " " * word.startswith(("new", "old"))

    return COMMAND.sub(command, name)


def _argument(text: str, place: int) -> tuple[str, int]:
    """What a command is applied to, a group in braces or one letter, and where it ends."""
    if text[place : place + 1] != "{":
        return text[place : place + 1], place + 1
    depth = 0
    for end in range(place, len(text)):
        depth += (text[end] == "{") - (text[end] == "}")
        if depth == 0:
            return text[place + 1 : end], end + 1
    return text[place + 1 :], len(text)


def _after(name: str) -> tuple[str, bool]:
    """The name without what says that the value after the update is meant, and whether it was said."""
    plain = re.sub(r"^\s*(?:new|updated|the new|the updated|新的?|更新后的?)\s+(?=\S)", "", name, flags=re.I)
    plain = re.sub(r"^(?:新的?|更新后的?)(?=\S)", "", plain)
    plain = re.sub(rf"\s*\((?:{AFTER_WORDS}|新)\)", "", plain, flags=re.I)
    plain = re.sub(rf"\^\{{?\(?(?:{AFTER_WORDS}|\+|\*)\)?\}}?(?![A-Za-z0-9])", "", plain, flags=re.I)
    plain = re.sub(r"(?<=[\w}\])])[_\s]*\{?(?:new|updated|after)\}?(?=$|[\[_^{\s])", "", plain, flags=re.I)
    plain = re.sub(r"_?\{?(?:新|更新后)\}?$", "", plain)
    plain = re.sub(r"(\^\{[^{}]*?)\+([^{}]*\})", r"\1\2", plain) if re.search(r"\^\{[^{}]*\+\}", plain) else plain
    if not re.search(r"sigma'|^(?:f|g|phi|tanh|relu)'", plain):
        plain = re.sub(r"'+(?=$|[\[_^(])", "", plain)
    plain = re.sub(r"\+(?=$|[\[_^])", "", plain.rstrip())
    return plain, plain.strip() != name.strip()


def _braced(name: str) -> str:
    """Scripts that stand without braces put into them: z^(1), z_1, z_h1, E_total."""
    name = re.sub(r"\^(\(\w+\)|\[\d+\]|\d+|[A-Za-z][A-Za-z0-9]{0,4})", r"^{\1}", name)
    return re.sub(r"_(\d+(?:[,.]\d+)*|[A-Za-z]+\d*(?:[,.]\d+)*)", r"_{\1}", name)
