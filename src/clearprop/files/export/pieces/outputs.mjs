// From raw rows to the outputs of all networks.

// The mean of the networks' outputs, (n, nOut).
function outputs(networks, X, n) {
  const each = networks.map((network) => forward(network, X, n));
  return each[0].map((_, i) => each.reduce((sum, output) => sum + output[i], 0) / each.length);
}

// What `make` gives for each row, of the outputs of all; for a single row that was given alone, its own.
function answered(rows, make) {
  const given = isOne(rows) ? [rows] : rows;
  const found = make(encode(given), given.length);
  return isOne(rows) ? found[0] : found;
}

// The rows of a matrix as arrays.
function split(matrix, n) {
  const width = matrix.length / n;
  return Array.from({ length: n }, (_, r) => Array.from(matrix.subarray(r * width, (r + 1) * width)));
}
