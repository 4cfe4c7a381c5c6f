"""One step of training, from what is given to the loss afterwards."""

from __future__ import annotations

from clearprop.explain.derivations.lines import Line, Omission, oriented, places
from clearprop.explain.drawings.figures import porter_figure
from clearprop.explain.drawings.network import Network, drawing
from clearprop.explain.sections.kit import Kit
from clearprop.explain.sections.proofs import matrix_instance
from clearprop.explain.writing.document import Block, Derivation, Number, Picture
from clearprop.explain.writing.numbers import finer_for
from clearprop.formulas import Symbol
from clearprop.network import NumberEmbedding
from clearprop.trace.arithmetic import computed
from clearprop.trace.kinds import Law
from clearprop.trace.names import Reference, at, parse
from clearprop.trace.scalar_trees import Scope
from clearprop.trace.step import graph_of
from clearprop.trace.trace import Trace


def picture(trace: Trace, kit: Kit) -> list[Block]:
    """The network as a drawing, the path of the chosen weight bold in it."""
    chosen, say = kit.followed(trace), kit.writer.sentence
    style = trace, kit.notation, kit.numbers, kit.writer.words, chosen
    marks = [say(key, n=n) for key, n in Network(*style).marks()]
    caption = kit.writer.joined(say("forward_words"), *marks, say("drawn_bold", parameter=Symbol(chosen)))
    return [Picture(drawing(*style), caption), *([kit.writer.say("picture_batch")] if trace.is_batch else [])]


def given(trace: Trace, kit: Kit) -> list[Block]:
    """The sample, the weights and the biases."""
    names = ["a0", "y", *(block.name for block in trace.network.blocks)]
    names += [name for name in ("sample_weight", "class_weight", "l2", "l1") if name in trace]
    names += [f"mask{l}" for l in range(trace.network.depth) if f"mask{l}" in trace]
    lines = [Line(Symbol(name), (), {}, oriented(trace, name, kit.notation.columns), "given") for name in names]
    return [kit.writer.heading("given"), Derivation(lines)]


def forward(trace: Trace, kit: Kit) -> list[Block]:
    """Signals from the input to the output."""
    blocks: list[Block] = [kit.writer.heading("forward"), kit.writer.say("look_back"), kit.writer.say("porter_forward")]
    for l in range(1, trace.network.depth + 1):
        blocks.append(kit.writer.heading("forward_layer", 3, layer=l))
        if f"passed{l - 1}" in trace:
            blocks.append(kit.writer.say("dropout_words", mask=Symbol(f"mask{l - 1}")))
            blocks += kit.derivation(trace, f"passed{l - 1}")
        layer = trace.network.layers[l - 1]
        if isinstance(layer, NumberEmbedding):
            blocks.append(kit.writer.say("embedding_words", inputs=layer.inputs, waves=layer.n_waves))
        blocks += kit.derivation(trace, f"z{l}") + kit.derivation(trace, f"a{l}")
    return blocks


def loss(trace: Trace, kit: Kit) -> list[Block]:
    """The loss of every output, and of all together."""
    blocks: list[Block] = [kit.writer.heading("loss")]
    if "smoothed" in trace:
        blocks += [kit.writer.say("smoothing_words"), *kit.derivation(trace, "smoothed")]
    for names in (
        ("row_weight", "total_weight", "share"),
        ("losses",),
        ("sample_loss",),
        ("loss",),
        ("penalty", "cost"),
    ):
        for name in names:
            if name in trace and trace[name].inputs:
                blocks += kit.derivation(trace, name)
    return blocks


def backward(trace: Trace, kit: Kit) -> list[Block]:
    """All δ's, from the output back."""
    depth = trace.network.depth
    words = kit.writer.words
    svg = drawing(trace, kit.notation, kit.numbers, words, kit.followed(trace), backward=True)
    blocks: list[Block] = [kit.writer.heading("backward"), Picture(svg, (words["backward_words"],))]
    for l in range(depth, 0, -1):
        name = "output_error" if l == depth else "hidden_error"
        how = "coupled" if f"jacobian{l}" in trace else "words"
        blocks += [kit.writer.heading(name, 3, layer=l), kit.writer.say(f"{name}_{how}")]
        if l == depth - 1:
            blocks.append(kit.writer.say("porter_backward"))
            carried = porter_figure(trace, kit.notation, kit.numbers, words)
            blocks.append(Picture(carried, (words["porter_figure_words"],)))
        slope = f"jacobian{l}" if f"jacobian{l}" in trace else f"slope{l}"
        law = "BP1" if l == depth else "BP2"
        for site in (*([f"carried{l}"] if f"carried{l}" in trace else []), f"error{l}", slope, f"delta{l}"):
            blocks += kit.derivation(trace, site, label=law if site.startswith("delta") else "")
        if "matrix" in kit.forms and f"W{l + 1}" in trace and f"jacobian{l}" not in trace:
            at_once = matrix_instance(trace, "BP2", l, kit.notation.columns)
            blocks += [] if at_once is None else [kit.writer.say("at_once"), Derivation([at_once], law)]
        if l == depth and trace.network.head.gives_delta:
            blocks += _shortcut(trace, kit)
    return [*blocks, kit.writer.say("all_before")]


def _shortcut(trace: Trace, kit: Kit) -> list[Block]:
    """For a named pair: δ = a − y, beside the full form."""
    site = f"delta{trace.network.depth}"
    short = graph_of(trace.setting.step)[site].stable
    lines: list[Line | Omission] = []
    for place in places(trace[site].value.shape):
        if isinstance(place, Omission):
            lines.append(place)
            continue
        scope = Scope(trace.arrays)
        form = short.tree(scope, place)
        assert form is not None
        lines.append(Line(Symbol(at(site, *place)), (form,), scope.values, computed(form, scope.values), Law.BP1))
    how = "_weighted" if "share" in trace else "_batch" if trace.is_batch else ""
    fields = {"n": trace.n_samples} if how == "_batch" else {"share": Symbol("share")} if how else {}
    return [kit.writer.say(f"shortcut{how}", **fields), Derivation(lines, Law.BP1)]


def gradients(trace: Trace, kit: Kit) -> list[Block]:
    """The slope of the loss for every weight and bias."""
    words = "gradients_words_batch" if trace.is_batch else "gradients_words"
    blocks: list[Block] = [kit.writer.heading("gradients"), kit.writer.say(words)]
    for block in reversed(trace.network.blocks):
        site = f"d{block.name}"
        blocks += kit.derivation(trace, site, label=trace[site].equation.law)
    for law, prefix in (("penalty", "g_"), ("clipping", "clipped_")):
        names = [f"{prefix}{block.name}" for block in trace.network.blocks if f"{prefix}{block.name}" in trace]
        if not names:
            continue
        blocks += [kit.writer.heading(f"{law}_heading", 3), kit.writer.say(f"{law}_words")]
        for name in (*(["norm", "clip"] if law == "clipping" else []), *names):
            blocks += kit.derivation(trace, name)
    return blocks


def update(trace: Trace, kit: Kit) -> list[Block]:
    """New weights and biases; before them what the optimizer remembers."""
    blocks: list[Block] = [kit.writer.heading("update")]
    if trace["rate"].inputs:
        blocks += kit.derivation(trace, "rate")
    if trace.optimizer.memory:
        blocks.append(kit.writer.say("moments"))
    for l in range(1, trace.network.depth + 1):
        blocks.append(kit.writer.heading("update_layer", 3, layer=l))
        for part in (block.name for block in trace.network.blocks if block.layer == l):
            for name in _updated(trace, part):
                blocks += kit.derivation(trace, name)
    return blocks


def _updated(trace: Trace, part: str) -> list[str]:
    """What is computed for new weights or biases, in order: their rate, what the optimizer remembers, themselves."""
    names = [f"rate_{part}"] if f"rate_{part}" in trace else []
    for name, site in trace.sites.items():
        found = parse(name)
        if isinstance(found, Reference) and f"{found.kind}{found.layer}" == part and site.equation.law == "update":
            names.append(name)
    return names


def afterwards(trace: Trace, kit: Kit) -> list[Block]:
    """The loss that the gradient predicted, and the loss there is."""
    before, after = trace[trace.minimised].value[()], trace[f"{trace.minimised}_new"].value[()]
    blocks: list[Block] = [kit.writer.heading("afterwards"), kit.writer.say("prediction_words")]
    blocks += kit.derivation(trace, "prediction")
    predicted = trace["prediction"].value[()]
    gaps = [gap for gap in (abs(after - predicted), abs(after - before)) if gap]
    more = finer_for(before, min(gaps), kit.numbers.digits) if gaps else 0
    fields = {"after": Number(after, more), "predicted": Number(predicted, more), "before": Number(before, more)}
    blocks.append(kit.writer.say("afterwards_words", **fields))
    if after > before:
        blocks.append(kit.writer.say("went_up" if not trace.setting.mask else "went_up_masked"))
    return blocks
