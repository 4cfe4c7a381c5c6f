"""One step of training, from what is given to the loss afterwards."""

from __future__ import annotations

from clearprop.explain.document import Block, Bullets, Derivation, Number, Picture, Sentence
from clearprop.explain.lines import Line, oriented
from clearprop.explain.matrices import call
from clearprop.explain.record import called
from clearprop.explain.sections.kit import Kit
from clearprop.explain.trace import Trace
from clearprop.formulas import Expression, Symbol
from clearprop.formulas.expressions import evaluate


def conventions(trace: Trace, kit: Kit) -> list[Block]:
    """How things are counted and named, which loss, which activations, which optimizer."""
    say, depth = kit.writer.sentence, trace.network.depth
    columns = kit.notation.columns
    W, a, b = Symbol("W1"), Symbol("a0"), Symbol("b1")
    product = call("matmul", W, a) if columns else call("matmul", a, W)
    points: list[Sentence] = [
        say("layers_counted", depth=depth, one_more=depth + 1),
        say(f"weights_{kit.notation.name}", weight=Symbol("W1[0,0]"), sum=call("equal", Symbol("z1"), product + b)),
        say("named_after"),
        say("bias_each"),
        *_loss(trace, kit),
        *_activations(trace, kit),
        say("optimizer_is", name=trace.optimizer.name, rate=Number(trace["rate"].value), step=trace.step),
        say("plus_means"),
        say("delta_is"),
        say("fractions") if kit.fractions else say("rounding", digits=kit.numbers.digits),
    ]
    return [kit.writer.heading("conventions"), Bullets(points)]


def _loss(trace: Trace, kit: Kit) -> list[Sentence]:
    say, loss, depth = kit.writer.sentence, trace.network.loss, trace.network.depth
    first = (0, 0) if trace.is_batch else (0,)
    index = "[" + ",".join(map(str, first)) + "]"
    tree = evaluate(loss.tree(), {
        "a": Symbol(f"a{depth}{index}"), "y": Symbol(f"y{index}"), **{n: Symbol(n) for n in loss.parameters},
    })  # fmt: skip
    found = [say("loss_of_output", loss=tree, name=loss.name)]
    if loss.name in ("squared_error", "half_squared_error"):
        found.append(say("half" if loss.name == "half_squared_error" else "no_half"))
    n = trace.n_samples
    found.append(say("loss_mean", n=n, error=Symbol(f"error{depth}")) if trace.is_batch else say("loss_single"))
    return found


def _activations(trace: Trace, kit: Kit) -> list[Sentence]:
    found = []
    for l, layer in enumerate(trace.network.layers, start=1):
        shape = layer.activation
        z: Expression = Symbol("z")
        slope = shape.slope_tree()
        fields = {"layer": l, "call": call(called(shape), z), "formula": shape.tree()}
        if slope is None:
            found.append(kit.writer.sentence("activation_coupled", **fields))
        else:
            found.append(kit.writer.sentence("activation_is", **fields, slope=slope))
    return found


def picture(trace: Trace, kit: Kit) -> list[Block]:
    """The network as a drawing."""
    from clearprop.explain.renderers.svg import drawing

    widths = "-".join(map(str, trace.network.widths))
    svg = drawing(trace, kit.notation, kit.numbers, kit.writer.words)
    return [Picture(svg, kit.writer.words["picture_words"].format(widths=widths))]


def given(trace: Trace, kit: Kit) -> list[Block]:
    """The sample, the weights and the biases."""
    names = ["a0", "y", *(f"{part}{l}" for l in range(1, trace.network.depth + 1) for part in ("W", "b"))]
    lines = [Line(Symbol(name), (), {}, oriented(trace, name, kit.notation.columns), "given") for name in names]
    return [kit.writer.heading("given"), Derivation(lines)]


def forward(trace: Trace, kit: Kit) -> list[Block]:
    """Signals from the input to the output."""
    blocks: list[Block] = [kit.writer.heading("forward"), kit.writer.say("look_back")]
    for l in range(1, trace.network.depth + 1):
        blocks.append(kit.writer.heading("forward_layer", 3, layer=l))
        blocks += kit.derivation(trace, f"z{l}") + kit.derivation(trace, f"a{l}")
    return blocks


def loss(trace: Trace, kit: Kit) -> list[Block]:
    """The loss of every output, and of all together."""
    return [kit.writer.heading("loss"), *kit.derivation(trace, "losses"), *kit.derivation(trace, "loss")]


def backward(trace: Trace, kit: Kit) -> list[Block]:
    """All δ's, from the output back."""
    depth = trace.network.depth
    blocks: list[Block] = [kit.writer.heading("backward")]
    for l in range(depth, 0, -1):
        name = "output_error" if l == depth else "hidden_error"
        blocks += [kit.writer.heading(name, 3, layer=l), kit.writer.say(f"{name}_words")]
        slope = f"jacobian{l}" if f"jacobian{l}" in trace else f"slope{l}"
        law = "BP1" if l == depth else "BP2"
        for site in (f"error{l}", slope, f"delta{l}"):
            blocks += kit.derivation(trace, site, label=law if site.startswith("delta") else "")
        if l == depth and trace.network.head.pair is not None:
            blocks += _shortcut(trace, kit)
    return [*blocks, kit.writer.say("all_before")]


def _shortcut(trace: Trace, kit: Kit) -> list[Block]:
    """For a named pair: δ = a − y, beside the full form."""
    from clearprop.explain.instances import Scope, instance
    from clearprop.explain.lines import Omission, places
    from clearprop.explain.references import at

    pair, depth = trace.network.head.pair, trace.network.depth
    assert pair is not None
    tree = pair.tree("delta") / trace.n_samples if trace.is_batch else pair.tree("delta")
    lines: list[Line | Omission] = []
    for place in places(trace[f"delta{depth}"].value.shape):
        if isinstance(place, Omission):
            lines.append(place)
            continue
        scope = Scope(trace.arrays)
        form = instance(tree, scope, {"a": f"a{depth}", "y": "y"}, place, {})
        name = at(f"delta{depth}", *place)
        lines.append(Line(Symbol(name), (form,), scope.values, trace.value_of(name), "BP1"))
    return [kit.writer.say("shortcut"), Derivation(lines, "BP1")]


def gradients(trace: Trace, kit: Kit) -> list[Block]:
    """The slope of the loss for every weight and bias."""
    blocks: list[Block] = [kit.writer.heading("gradients"), kit.writer.say("gradients_words")]
    for l in range(trace.network.depth, 0, -1):
        blocks += kit.derivation(trace, f"db{l}", label="BP3") + kit.derivation(trace, f"dW{l}", label="BP4")
    return blocks


def update(trace: Trace, kit: Kit) -> list[Block]:
    """New weights and biases; before them what the optimizer remembers."""
    blocks: list[Block] = [kit.writer.heading("update")]
    if trace.optimizer.memory:
        blocks.append(kit.writer.say("moments"))
    for l in range(1, trace.network.depth + 1):
        blocks.append(kit.writer.heading("update_layer", 3, layer=l))
        for part in (f"W{l}", f"b{l}"):
            names = [*(f"{memory}_{part}_new" for memory in trace.optimizer.memory), f"{part}_new"]
            for name in names:
                blocks += kit.derivation(trace, name)
    return blocks


def afterwards(trace: Trace, kit: Kit) -> list[Block]:
    """The loss that the gradient predicted, and the loss there is."""
    before, after = trace["loss"].value[()], trace["loss_new"].value[()]
    blocks: list[Block] = [kit.writer.heading("afterwards"), kit.writer.say("prediction_words")]
    blocks += kit.derivation(trace, "prediction")
    predicted = trace["prediction"].value[()]
    fields = {"after": Number(after), "predicted": Number(predicted), "before": Number(before)}
    blocks.append(kit.writer.say("afterwards_words", **fields))
    if after > before:
        blocks.append(kit.writer.say("went_up"))
    return blocks
