// What an exported module computes networks with. Matrices are Float64Arrays, row by row.

// The numbers of a text of base64: little-endian, of 4 bytes or of 8.
function decoded(text, bytes) {
  const raw = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const view = new DataView(raw.buffer);
  const read = bytes === 4 ? (i) => view.getFloat32(4 * i, true) : (i) => view.getFloat64(8 * i, true);
  return Float64Array.from({ length: raw.length / bytes }, (_, i) => read(i));
}

// a @ W + b, for a (n, nIn) and W (nIn, nOut).
function weightedSum(a, W, b, n, nIn, nOut) {
  const z = new Float64Array(n * nOut);
  for (let r = 0; r < n; r++) {
    for (let k = 0; k < nIn; k++) {
      const signal = a[r * nIn + k];
      for (let j = 0; j < nOut; j++) z[r * nOut + j] += signal * W[k * nOut + j];
    }
    for (let j = 0; j < nOut; j++) z[r * nOut + j] += b[j];
  }
  return z;
}
