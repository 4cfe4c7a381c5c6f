// What an exported module does with rows of numbers.

const isOne = (rows) => typeof rows[0] === "number";

// The inputs of some rows, one after the other, in the precision of training.
export function encode(rows) {
  const X = new Float64Array(rows.length * columns.length);
  rows.forEach((row, r) => {
    if (row.length !== columns.length) throw new RangeError(`row ${r + 1} has ${row.length} numbers, not ${columns.length}`);
    for (let j = 0; j < columns.length; j++)
      if (!Number.isFinite(row[j])) throw new RangeError(`row ${r + 1} holds ${row[j]}, which is no finite number`);
    X.set(Float64Array.from(entered(row), rounded), r * columns.length);
  });
  return X;
}
