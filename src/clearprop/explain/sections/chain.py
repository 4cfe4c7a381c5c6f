"""The chain rule for one parameter or for all of a layer, the way from it to δ, and the work that saves."""

from __future__ import annotations

from collections.abc import Sequence

from clearprop.explain.derivations.boxes import HIDDEN_DELTA, OUTPUT_DELTA, WEIGHT
from clearprop.explain.derivations.chain_rule import ChainRule, SamplePart
from clearprop.explain.derivations.lines import Line, Omission, ends
from clearprop.explain.derivations.operation_count import multiplications
from clearprop.explain.derivations.paths import added_by, n_paths, part_of
from clearprop.explain.derivations.paths import path as chain_rule
from clearprop.explain.derivations.telling import telling_inputs, telling_neuron, telling_rows
from clearprop.explain.sections.kit import Kit
from clearprop.explain.writing.document import Block, Bullets, Columns, Derivation, Number, Piece, Table
from clearprop.formulas import Apply, Symbol
from clearprop.trace.arithmetic import left_out_of, running_sum
from clearprop.trace.names import at, reference
from clearprop.trace.trace import Trace

PATHS_SIDE_BY_SIDE = 4  # paths of a long form that stands beside others
PATHS_SHOWN = 32  # paths written out in a document; beyond, the folded form
PATHS_OF_A_BATCH = 8  # paths of all samples together; beyond, those of the first sample
MOST_LAYERS = 4  # of a deeper network the last two and the first
SAMPLES_IN_A_TABLE = 4


def rule_of(trace: Trace, parameter: str) -> ChainRule:
    """The chain rule, written out where there are few paths."""
    layer = int(reference(parameter).layer or 0)
    few = 1 <= layer <= trace.network.depth and n_paths(trace, layer) * trace.n_samples <= PATHS_SHOWN
    return chain_rule(trace, parameter, only_folded=not few)


def path(trace: Trace, kit: Kit, sample: int | None = None) -> list[Block]:
    """Every path from the loss to one parameter; without a choice, all parameters layer by layer.

    Of a batch that is too large to be written out the paths of the first sample stand for all, or those of `sample`,
    and then its folded form alone too.
    """
    return _every_layer(trace, kit) if kit.parameter is None else _one_parameter(trace, kit, kit.parameter, sample)


def _one_parameter(trace: Trace, kit: Kit, parameter: str, sample: int | None) -> list[Block]:
    rule, say = rule_of(trace, parameter), kit.writer.say
    symbol, depth = Symbol(str(reference(parameter))), trace.network.depth
    each = n_paths(trace, int(reference(parameter).layer))
    law = "BP3" if reference(parameter).kind == "b" else "BP4"
    blocks: list[Block] = [kit.writer.heading("path")]
    if trace.is_batch:
        fields = {"samples": trace.n_samples, "n": each, "share": Symbol(f"error{depth}")}
        blocks.append(say("path_words_batch", parameter=symbol, **fields))
        blocks += _paths_of_samples(trace, kit, rule, each, sample or 0)
        blocks += [say("path_fold_batch"), Derivation(_folded(trace, rule, sample))]
        blocks += [say("path_samples_sum"), Derivation([rule.total])]
    elif rule.paths:
        blocks += [say("path_words", parameter=symbol, n=each), Derivation(_elided([p.line for p in rule.paths]))]
        blocks += [say("path_sum"), Derivation([rule.total])] if each > 1 else []
        blocks += [say("path_fold"), Derivation([rule.folded])]
    else:
        blocks += [say("path_folded_words", parameter=symbol, n=each), say("path_fold"), Derivation([rule.folded])]
    return [*blocks, say("path_named", law=law), Derivation([rule.named], law)]


def _folded(trace: Trace, rule: ChainRule, sample: int | None) -> list[Line | Omission]:
    """The folded forms of what the samples add; of many that of the one asked for."""
    if sample is None or left_out_of(trace.n_samples) is None:
        return parts_shown(rule, trace.n_samples)
    part = part_of(trace, rule.parameter, sample, only_folded=True)
    return [part.folded, Omission(trace.n_samples - 1)]


def _paths_of_samples(trace: Trace, kit: Kit, rule: ChainRule, each: int, sample: int) -> list[Block]:
    """The paths of every sample; where that is too much, of one; nothing where even those are too many."""
    if each == 1:
        parts = rule.parts if rule.paths else (part_of(trace, rule.parameter, sample),)
        return [Derivation(_elided([part.paths[0].line for part in parts]))]
    if each > PATHS_SHOWN:
        return []
    all_of_them = rule.paths and each * trace.n_samples <= PATHS_OF_A_BATCH
    blocks: list[Block] = []
    for part in rule.parts if all_of_them else (part_of(trace, rule.parameter, sample),):
        assert part.sample is not None
        blocks.append(kit.writer.heading("path_sample", 4, n=part.sample + 1))
        blocks.append(Derivation([*_elided([found.line for found in part.paths]), part.total]))
    return blocks


def parts_shown(rule: ChainRule, n_samples: int) -> list[Line | Omission]:
    """The folded form of what each sample adds; of many the first three and the last."""
    left_out = left_out_of(n_samples)
    lines: list[Line | Omission] = [part.folded for part in rule.parts]
    if left_out is not None:
        lines = [part.folded for part in _ends(rule.parts, left_out)]
        lines.insert(left_out.start, Omission(left_out.stop - left_out.start))
    return lines


def _ends(parts: Sequence[SamplePart], left_out: slice) -> list[SamplePart]:
    return [*parts[: left_out.start], parts[-1]]


def _elided(lines: Sequence[Line]) -> list[Line | Omission]:
    found: list[Line | Omission] = list(lines)
    if (left_out := left_out_of(len(found))) is not None:
        found[left_out] = [Omission(left_out.stop - left_out.start)]
    return found


def _every_layer(trace: Trace, kit: Kit) -> list[Block]:
    """The weights and the bias of a neuron beside each other, and all parameters of a layer in one table."""
    depth, say = trace.network.depth, kit.writer.say
    blocks: list[Block] = [kit.writer.heading("paths"), say("paths_words")]
    if trace.is_batch:
        blocks.append(say("paths_batch", samples=trace.n_samples, share=Symbol(f"error{depth}")))
    layers = range(depth, 0, -1) if depth <= MOST_LAYERS else (depth, depth - 1, 1)
    for l in layers:
        blocks += [kit.writer.heading("path_layer", 3, layer=l), *_long_forms(trace, kit, l), _table(trace, kit, l)]
    return blocks


def _long_forms(trace: Trace, kit: Kit, l: int) -> list[Block]:
    """The weights into a neuron of a layer and its bias, written out beside each other."""
    j = telling_neuron(trace, l)
    names = [at(f"W{l}", k, j) for k in telling_inputs(trace, l, 2, j)]
    if trace.is_batch:
        intro = kit.writer.say("path_of_samples", slope=Symbol(f"d{names[0]}"))
        return [intro, Derivation(_long_form(trace, names[0]))]
    parts = [*names, at(f"b{l}", j)]
    return [Columns([(Symbol(f"d{name}"), Derivation(_long_form(trace, name))) for name in parts])]


def _long_form(trace: Trace, parameter: str) -> list[Line | Omission]:
    """The paths and their sum; where they are many, BP3 or BP4 with its numbers."""
    each = n_paths(trace, int(reference(parameter).layer))
    if each > PATHS_SIDE_BY_SIDE:
        return [chain_rule(trace, parameter, only_folded=True).named]
    rule = rule_of(trace, parameter)
    if not trace.is_batch:
        return [*(found.line for found in rule.paths), *([rule.total] if each > 1 else [])]
    if each == 1 and 0 < len(rule.paths) <= PATHS_OF_A_BATCH:
        return [*(found.line for found in rule.paths), rule.total]
    return [*parts_shown(rule, trace.n_samples), rule.total]


def _table(trace: Trace, kit: Kit, l: int) -> Block:
    """Every weight and bias of a layer with its partial derivative; of a wide one the corners."""
    words = kit.writer.words
    caption = words["path_table"].format(layer=l)
    names = _parameters(trace, l)
    if trace.is_batch:
        return Table(_batch_head(trace, kit), [_batch_row(trace, kit, name) for name in names], caption)
    head: list[Piece] = [words[f"path_table_{part}"] for part in ("parameter", "law", "last", "delta", "slope")]
    return Table(head, [_row(trace, name) for name in names], caption)


def _parameters(trace: Trace, l: int) -> list[str | Omission]:
    """The names of a layer's parameters, neuron by neuron."""
    n, m = trace.network.widths[l - 1], trace.network.widths[l]
    rows, columns = telling_rows(trace, f"dW{l}")
    shown = ends(m, 4, columns)
    names: list[str | Omission] = []
    for j in shown:
        inputs = ends(n, 4, rows)
        names += [at(f"W{l}", k, j) for k in inputs]
        if n > len(inputs):
            names.insert(len(names) - 1, Omission(n - len(inputs)))
        names.append(at(f"b{l}", j))
    if m > len(shown):
        names.insert(len(names) - len(names) // len(shown), Omission((m - len(shown)) * (n + 1)))
    return names


def _row(trace: Trace, name: str | Omission) -> list[Piece]:
    if isinstance(name, Omission):
        return ["…"] * 5
    found = reference(name)
    delta = at(f"delta{found.layer}", found.indices[-1])
    signal = at(trace.passed(int(found.layer) - 1), found.indices[0]) if found.kind == "W" else ""
    law = Symbol(signal) * Symbol(delta) if signal else Symbol(delta)
    last = Number(trace.value_of(signal) if signal else 1)
    return [Symbol(name), law, last, Number(trace.value_of(delta)), Number(trace.value_of(f"d{name}"))]


def _batch_head(trace: Trace, kit: Kit) -> list[Piece]:
    words, left_out = kit.writer.words, left_out_of(trace.n_samples, SAMPLES_IN_A_TABLE)
    head: list[Piece] = [words["one_sample"].format(n=i + 1) for i in range(trace.n_samples)]
    if left_out is not None:
        head[left_out] = [words["more"].format(count=f"{left_out.stop - left_out.start:,}")]
    return [words["path_table_parameter"], *head, words["path_table_slope"]]


def _batch_row(trace: Trace, kit: Kit, name: str | Omission) -> list[Piece]:
    left_out = left_out_of(trace.n_samples, SAMPLES_IN_A_TABLE)
    if isinstance(name, Omission):
        return ["…"] * len(_batch_head(trace, kit))
    added = added_by(trace, reference(name))
    cells: list[Piece] = [Number(value) for value in added]
    if left_out is not None:
        cells[left_out] = [Number(running_sum(added[left_out]))]
    return [Symbol(name), *cells, Number(trace.value_of(f"d{name}"))]


def boxes(trace: Trace, kit: Kit) -> list[Block]:
    """Long derivations below each other, of the last layer and the first; what they share in its box."""
    depth = trace.network.depth
    last, first = (telling_neuron(trace, l) for l in (depth, 1))
    signals = telling_inputs(trace, 1, 2, first)
    chosen = [at(f"W{depth}", telling_inputs(trace, depth, 1, last)[0], last), at(f"b{depth}", last)]
    chosen.append(at("W1", signals[0 if depth > 1 else -1], first))
    parts = []
    for parameter in dict.fromkeys(chosen):  # a network of one weight has no other
        rule = rule_of(trace, parameter)
        lines: list[Line | Omission] = []
        if trace.is_batch:
            lines += [*parts_shown(rule, trace.n_samples), rule.total]
        else:
            lines += [found.line for found in rule.paths] if len(rule.paths) <= PATHS_SIDE_BY_SIDE else []
            lines += [rule.total] if len(lines) > 1 else []
            lines.append(rule.folded)
        parts.append((Symbol(f"d{parameter}"), Derivation([*lines, rule.named])))
    say = kit.writer.say
    return [kit.writer.heading("boxes"), say("boxes_words"), Columns(parts), say("box_legend"), _legend(trace, kit)]


def _legend(trace: Trace, kit: Kit) -> Bullets:
    """Each kind of box, empty, and what it holds."""
    depth, sample = trace.network.depth, (0,) if trace.is_batch else ()
    contents = Symbol("…")
    found = []
    for l, kind in ((depth, OUTPUT_DELTA), (1, HIDDEN_DELTA)):
        if kind == OUTPUT_DELTA or depth > 1:
            found.append((kind, Symbol(at(f"delta{l}", *sample, 0))))
    found.append((WEIGHT, Symbol(f"∂{at(f'z{depth}', *sample, 0)}/∂W{depth}[0,0]")))
    batch = {kind: "_batch" for kind in (OUTPUT_DELTA, HIDDEN_DELTA)} if trace.is_batch else {}
    return Bullets(
        [kit.writer.sentence(kind + batch.get(kind, ""), box=Apply(kind, (label, contents))) for kind, label in found]
    )


def count(trace: Trace, kit: Kit) -> list[Block]:
    """How many multiplications back-propagation saves."""
    found = multiplications(trace)
    fields = {"n": trace.network.n_parameters, "expanded": found.expanded, "folded": found.back_propagation}
    key, k = found.saving
    saving = kit.writer.words[key].format(k=f"{k:,}")
    blocks: list[Block] = [kit.writer.heading("count"), kit.writer.say("count_words", **fields, saving=saving)]
    return [*blocks, kit.writer.say("count_batch", samples=trace.n_samples)] if trace.is_batch else blocks
