// The answer of a model of classes.

// The probability of each of `labels`.
export function predictProba(rows) {
  return answered(rows, (X, n) => {
    const a = outputs(members, X, n);
    return split(probabilities(a, n, a.length / n), n).map((p) => (p.length < labels.length ? [1 - p[0], p[0]] : p));
  });
}
// The most probable class.
export function predict(rows) {
  const best = (p) => labels[p.indexOf(Math.max(...p))];
  const found = predictProba(rows);
  return isOne(rows) ? best(found) : found.map(best);
}
