"""Text as LaTeX has it."""

from __future__ import annotations

LETTERS = {
    "\\": r"\textbackslash{}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "δ": r"$\delta$", "σ": r"$\sigma$", "θ": r"$\theta$",
    "η": r"$\eta$", "½": r"$\tfrac12$", "−": r"$-$", "≈": r"$\approx$", "‖": r"$\|$", "ᵀ": r"$^\top$", "·": r"$\cdot$",
    "∂": r"$\partial$", "′": r"$'$", "…": r"\dots{}", "×": r"$\times$", "λ": r"$\lambda$", "Ω": r"$\Omega$",
    "α": r"$\alpha$", "\u00a0": "~",
    "ε": r"$\varepsilon$", "β": r"$\beta$", "μ": r"$\mu$", "⊙": r"$\odot$", "⊘": r"$\oslash$", "⋮": r"$\vdots$",
    "∇": r"$\nabla$", "Σ": r"$\Sigma$", "²": "$^2$", "ᴸ": "$^L$", "ˡ": "$^l$", "ᵗ": "$^t$", "₁": "$_1$", "₂": "$_2$",
}  # fmt: skip


def escape(text: str) -> str:
    """Text with LaTeX's own signs, and letters that its fonts lack, written as commands."""
    return "".join(LETTERS.get(letter, letter) for letter in text)
