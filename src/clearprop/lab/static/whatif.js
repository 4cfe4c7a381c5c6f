// Drag a weight, a bias or the learning rate, and see what the gradient predicts for the loss and what becomes of it.

import { fill, h } from "./dom.js";

export class WhatIf {
  constructor(app) {
    this.app = app;
    this.root = h("div", { class: "whatif" });
    this.rate = new Lever(app, "rate");
    this.weight = null;
    app.on("look", () => { this.of = null; });
    app.on("drag", (drag) => this.drag(drag));
  }

  /** A weight or bias by its name, or "" where only the rate can be dragged. */
  about(of, symbol) {
    const { app } = this;
    const key = `${of} ${symbol} ${app.look.language}`;
    if (this.of !== key) {
      this.of = key;
      this.weight = of ? new Lever(app, of, symbol) : null;
      this.rate.label();
      fill(this.root, h("h3", {}, app.t("what_if")), this.weight?.root, this.rate.root);
    }
    const asked = this.weight?.ask();
    this.rate.ask();
    if (this.waiting?.of === of) asked?.then(() => this.drag(this.waiting));
  }

  /** A weight is dragged in the drawing; its lever comes with its derivation, and follows from then on. */
  drag(drag) {
    const isThere = drag.of === this.weight?.of && this.weight.isReady;
    this.waiting = isThere ? null : drag;
    if (isThere) this.weight.move(drag);
  }
}

/** One slider: what is predicted and what is true at the value that it shows. */
class Lever {
  constructor(app, of, symbol = "") {
    Object.assign(this, { app, of, symbol, value: null });
    this.name = h("span", {});
    this.written = h("output", {});
    this.slider = h("input", { type: "range", oninput: () => this.drag() });
    this.set = h("button", { type: "button", onclick: () => this.accept() });
    this.result = h("div", { class: "foretold" });
    this.root = h("div", { class: "lever" }, h("label", {}, this.name, this.slider), this.written, this.set, this.result);
    this.label();
  }

  label() {
    const { app, of, symbol } = this;
    this.name.textContent = app.t(of === "rate" ? "if_rate" : "if_weight", { symbol });
    this.set.textContent = app.t("accept");
  }

  get isReady() {
    return this.now !== undefined;
  }

  /** By a share of its range from where the number is, or by steps from where the lever is; or the end of it. */
  move({ share, steps, end }) {
    const { slider } = this;
    if (end === "accept" && this.app.post) return this.accept();
    if (end) {
      this.dragged = null;
      return this.ask();
    }
    const room = slider.max - slider.min;
    slider.value = share !== undefined ? this.now + share * room : Number(slider.value) + steps * Number(slider.dataset.step);
    return this.drag();
  }

  drag() {
    this.app.dragged = this.of;
    this.dragged = this.app.state.revision;
    return this.ask(this.slider.value);
  }

  /** Ask what the loss would be; without a value at that of the present, or where it was dragged to in this state. */
  async ask(value = this.dragged === this.app.state.revision ? this.slider.value : undefined) {
    if (this.app.state.time.is_running || !this.app.isShown(this.root)) return;
    const answer = await this.app.get("whatif", { of: this.of, value, sample: this.app.sample }, `whatif ${this.of}`,
      { urgent: value !== undefined });
    if (answer) this.write(answer, value === undefined);
  }

  write(answer, isPresent) {
    const { slider } = this;
    if (isPresent) {
      const { low, high, step } = answer.range;
      Object.assign(slider, { min: low, max: high, step: "any" });
      slider.dataset.step = step;
      slider.value = answer.value;
    }
    this.value = answer.value;
    this.now = answer.now;
    this.revision = answer.revision;
    if (isPresent && this.app.dragged === this.of) this.app.dragged = "";
    this.app.emit("foretold", { of: this.of, texts: answer.texts, isPresent });
    const { texts } = answer;
    slider.setAttribute("aria-valuetext", texts.value);
    this.written.textContent = texts.value;
    this.set.hidden = isPresent || !this.app.post; // a notebook changes nothing
    fill(this.result, isPresent ? null : this.table(texts), h("p", {}, answer.says));
  }

  table(texts) {
    const row = (word, change, loss) => h("tr", {}, h("th", { scope: "row" }, this.app.t(word)),
      h("td", { class: "e" }, change), h("td", { class: "e" }, loss));
    return h("table", {},
      h("thead", {}, h("tr", {}, h("td", {}), h("th", { scope: "col" }, this.app.t("change_of_loss")),
        h("th", { scope: "col" }, this.app.t("loss_then")))),
      h("tbody", {}, row("predicted", texts.predicted_change, texts.predicted), row("truly", texts.true_change, texts.after)));
  }

  async accept() {
    const state = await this.app.post("set", { of: this.of, value: this.value }, "set");
    if (state) this.app.say(this.app.t("accepted", { symbol: this.symbol || this.app.t("if_rate") }));
  }
}
