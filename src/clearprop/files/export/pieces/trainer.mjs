// Who keeps what training changes.

// Trains one of `members` where it is: what predicts sees every update. X holds inputs (see `encode`) and Y what the
// outputs shall be: arrays of rows, or one number after the other.
export class Trainer {
  constructor(member = 0, rate = learningRate) {
    this.parameters = members[member];
    this.rate = rate;
    this.t = 0;
    this.memory = {};
    for (const name of memoryNames) {
      const block = name.slice(name.lastIndexOf("_") + 1);
      this.memory[name] = new Float64Array(this.parameters[block].length);
    }
  }

  // One update. Gives the loss before it and every other value of the step by its name: z1, a1, delta2, dW1, W1_new, …
  step(X, Y) {
    const flat = (rows) => Float64Array.from(typeof rows[0] === "number" ? rows : rows.flatMap((row) => [...row]));
    const [a0, y] = [flat(X), flat(Y)];
    const n = a0.length / nInputs;
    if (!Number.isInteger(n) || n < 1 || y.length !== n * nOutputs) {
      const came = `${a0.length} and ${y.length} numbers`;
      throw new RangeError(`rows of ${nInputs} inputs and of ${nOutputs} targets are expected, not ${came}`);
    }
    this.t += 1;
    const state = { rate: this.rate, t: this.t, total_weight: n, ...settings };
    const made = step({ a0, y, ...this.parameters, ...this.memory, ...state }, n);
    for (const kept of [this.parameters, this.memory]) {
      for (const name of Object.keys(kept)) kept[name] = made[`${name}_new`];
    }
    return made;
  }
}
