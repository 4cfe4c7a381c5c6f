"""A program evaluated with NumPy, from its data alone: what the media that print it are held against."""

import numpy as np

from clearprop.formulas import evaluate


def inputs_of(program, rows):
    """Inputs (n_rows, n_inputs) of rows that are mappings of columns' names to what each medium takes."""
    made = []
    for column in program.columns:
        values = [row.get(column.name) for row in rows]
        if column.kind == "vector":
            x = np.array([np.full(column.size, np.nan) if v is None else v for v in values], dtype=np.float64)
            trees = [evaluate(t, given(x[:, i])) for i, t in enumerate(column.inputs)]
        elif column.kind == "category":
            places = {text: place for place, text in enumerate(column.categories)}
            codes = np.array([places.get(value, -1) for value in values])
            trees = [evaluate(t, {"code": codes, "missing": is_none(values)}) for t in column.inputs]
        else:
            x = np.array([np.nan if v is None else float(v) for v in values])
            trees = [evaluate(t, given(x)) for t in column.inputs]
        made.append(np.stack([np.broadcast_to(t, len(rows)) for t in trees], axis=1))
    return np.concatenate(made, axis=1).astype(program.dtype)


def is_none(values):
    return np.array([float(value is None) for value in values])


def given(x):
    return {"x": x, "missing": np.isnan(x).astype(float)}


def outputs_of(members, X, dtype=np.float64):
    """The mean of the members' outputs, computed in this type."""
    total = 0.0
    for member in members:
        a = X.astype(dtype)
        for layer in member:
            a = evaluate(layer.tree, {"z": a @ layer.weights.astype(dtype) + layer.biases.astype(dtype)})
        total = total + a
    return total / len(members)


def answered(program, X):
    """What the answer makes of inputs: probabilities of a class or of labels, or numbers, (n_rows, n)."""
    answer = program.answer
    a = evaluate(answer.row, {"a": outputs_of(program.members, X)})
    if answer.kind == "class" and a.shape[1] == 1:
        return np.concatenate([1 - a, a], axis=1)
    if answer.kind != "numbers":
        return a
    decoded = [evaluate(tree, {"a": a[:, k]}) for k, tree in enumerate(answer.decode)]
    return evaluate(answer.unit, {"a": np.stack(decoded, axis=1)})


def quantiles_of(program, X):
    """The quantiles, rising, (n_rows, n_quantiles)."""
    (decode,) = program.answer.decode
    found = [evaluate(decode, {"a": outputs_of(q.members, X)[:, 0]}) + q.shift for q in program.quantiles]
    return evaluate(program.answer.unit, {"a": np.sort(np.stack(found, axis=1), axis=1)})
