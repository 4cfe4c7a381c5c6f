// The matrix products of back-propagation.

// delta @ transposed W, for delta (n, nOut) and W (nIn, nOut).
function carriedBack(delta, W, n, nIn, nOut) {
  const error = new Float64Array(n * nIn);
  for (let r = 0; r < n; r++) {
    for (let k = 0; k < nIn; k++) {
      let sum = 0;
      for (let j = 0; j < nOut; j++) sum += delta[r * nOut + j] * W[k * nOut + j];
      error[r * nIn + k] = sum;
    }
  }
  return error;
}

// transposed a @ delta, for a (n, nIn) and delta (n, nOut).
function outerProduct(a, delta, n, nIn, nOut) {
  const gradient = new Float64Array(nIn * nOut);
  for (let r = 0; r < n; r++) {
    for (let k = 0; k < nIn; k++) {
      const signal = a[r * nIn + k];
      for (let j = 0; j < nOut; j++) gradient[k * nOut + j] += signal * delta[r * nOut + j];
    }
  }
  return gradient;
}

// The sum of delta (n, nOut) over its rows.
function sumOverSamples(delta, n, nOut) {
  const gradient = new Float64Array(nOut);
  for (let r = 0; r < n; r++) for (let j = 0; j < nOut; j++) gradient[j] += delta[r * nOut + j];
  return gradient;
}

function sumOverOutputs(losses, n, nOut) {
  const sums = new Float64Array(n);
  for (let r = 0; r < n; r++) for (let j = 0; j < nOut; j++) sums[r] += losses[r * nOut + j];
  return sums;
}

function total(values) {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}
