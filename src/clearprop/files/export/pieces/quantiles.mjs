// Quantiles of a number.

// Each of `quantiles`.
export function predictQuantiles(rows) {
  return answered(rows, (X, n) => {
    const each = quantileMembers.map((networks) => decode(outputs(networks, X, n), n));
    return Array.from({ length: n }, (_, r) => {
      const found = Float64Array.from(each, (values, q) => values[r] + shifts[q]).sort();
      return Array.from(inUnit(found, 1, found.length));
    });
  });
}
