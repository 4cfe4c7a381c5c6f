"""How things are counted and named, and what the fit asks for: the conventions at the end of an explanation."""

from __future__ import annotations

from clearprop.explain.sections.kit import Kit
from clearprop.explain.sections.symbols import readings
from clearprop.explain.writing.document import Block, Bullets, Folded, Number, Sentence
from clearprop.formulas import Activation, Expression, Symbol
from clearprop.formulas.evaluation import evaluate
from clearprop.trace.matrices import call
from clearprop.trace.step import called
from clearprop.trace.trace import Trace


def conventions(trace: Trace, kit: Kit) -> list[Block]:
    """How things are counted and named, which loss, which activations, which optimizer."""
    say, depth = kit.writer.sentence, trace.network.depth
    columns = kit.notation.columns
    W, a, b = Symbol("W1"), Symbol("a0"), Symbol("b1")
    product = call("matmul", W, a) if columns else call("matmul", a, W)
    points: list[Sentence] = [
        say("layers_counted_two" if depth == 2 else "layers_counted", n=depth, depth=depth),
        say(f"weights_{kit.notation.name}", weight=Symbol("W1[0,0]"), sum=call("equal", Symbol("z1"), product + b)),
        say("named_after"),
        say("bias_each"),
        *_loss(trace, kit),
        *_activations(trace, kit),
        *asked(trace, kit),
        say(
            "optimizer_is",
            name=kit.writer.term(trace.optimizer.name),
            rate=Number(trace["rate"].value),
            step=trace.step,
        ),
        say("plus_means"),
        say("delta_is"),
        say("fractions") if kit.fractions else say("rounding", digits=kit.numbers.digits),
    ]
    others: list[Block] = [kit.writer.heading("readings", 3), Bullets(readings(trace, kit))]
    return [Folded(kit.writer.heading("conventions"), [Bullets(points), *others])]


def _loss(trace: Trace, kit: Kit) -> list[Sentence]:
    say, loss, depth = kit.writer.sentence, trace.network.loss, trace.network.depth
    first = (0, 0) if trace.is_batch else (0,)
    index = "[" + ",".join(map(str, first)) + "]"
    outputs = {"a": Symbol(f"a{depth}{index}"), "y": Symbol(f"{trace.target}{index}")}
    tree = evaluate(loss.tree(), {**outputs, **{n: Symbol(n) for n in loss.parameters}})
    found = [say("loss_of_output", loss=tree, name=kit.writer.term(loss.name))]
    if loss.name in ("squared_error", "half_squared_error"):
        found.append(say("half" if loss.name == "half_squared_error" else "no_half"))
    n = trace.n_samples
    if "share" in trace:
        return [*found, say("loss_weighted", share=Symbol("share"), error=Symbol(f"error{depth}"))]
    found.append(say("loss_mean", n=n, error=Symbol(f"error{depth}")) if trace.is_batch else say("loss_single"))
    return found


def _activations(trace: Trace, kit: Kit) -> list[Sentence]:
    """Each activation once, with the numbers of its layers."""
    layers: dict[Activation, list[str]] = {}
    for l, layer in enumerate(trace.network.layers, start=1):
        layers.setdefault(layer.activation, []).append(str(l))
    found = []
    for shape, numbers in layers.items():
        z: Expression = Symbol("z")
        slope = shape.slope_tree()
        fields = {
            "layer": kit.writer.words["list_comma"].join(numbers),
            "n": len(numbers),
            "call": call(called(shape), z),
        }
        if slope is None:
            found.append(kit.writer.sentence("activation_coupled", **fields, formula=shape.tree()))
        elif fields["call"] == shape.tree():  # tanh(z) is written tanh(z)
            found.append(kit.writer.sentence("activation_named", **fields, slope=slope))
        else:
            found.append(kit.writer.sentence("activation_is", **fields, formula=shape.tree(), slope=slope))
    return found


def asked(trace: Trace, kit: Kit) -> list[Sentence]:
    """What the fit asks for beyond the plain loss."""
    say, job, found = kit.writer.sentence, trace.job, []
    if job.label_smoothing:
        found.append(say("asked_smoothing", smoothing=Number(job.label_smoothing), classes=job.smoothing_classes))
    if trace.setting.mask:
        layers = ", ".join(f"{l}: {job.dropout[l]:g}" for l in sorted(trace.setting.mask))
        found.append(say("asked_dropout", layers=layers, seed=job.seed, step=trace.step))
    for name, strength in (("l2", job.l2), ("l1", job.l1)):
        if strength:
            found.append(say(f"asked_{name}", strength=Number(strength)))
    if job.clip_norm is not None:
        found.append(say("asked_clipping", limit=Number(job.clip_norm)))
    if trace.optimizer.weight_decay:
        found.append(say("asked_decay", decay=Number(trace.optimizer.weight_decay)))
    return found
