// What an exported module does with rows of a table.

const isOne = (rows) => !Array.isArray(rows);

// The inputs of some rows, one after the other, in the precision of training.
export function encode(rows) {
  const inputs = [];
  rows.forEach((row, r) => columns.forEach((name, place) => {
    if (!(name in row)) throw new TypeError(`row ${r + 1} has no ${name}; null says that a value is missing`);
    try {
      encoders[place](row[name], inputs);
    } catch (error) {
      error.message = `column ${name} holds ${JSON.stringify(row[name])} in row ${r + 1}: ${error.message}`;
      throw error;
    }
  }));
  return Float64Array.from(inputs, rounded);
}
