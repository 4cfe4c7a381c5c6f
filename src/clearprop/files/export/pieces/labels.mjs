// The answer of a model of labels.

// The probability of each of `labels`.
export function predictProba(rows) {
  return answered(rows, (X, n) => {
    const a = outputs(members, X, n);
    return split(probabilities(a, n, a.length / n), n).map((p) => (p.length < labels.length ? [1 - p[0], p[0]] : p));
  });
}
// 1 for each label that is more probable than not, otherwise 0.
export function predict(rows) {
  const chosen = (p) => p.map((each) => (each > 0.5 ? 1 : 0));
  const found = predictProba(rows);
  return isOne(rows) ? chosen(found) : found.map(chosen);
}
