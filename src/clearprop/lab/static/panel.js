// What is behind the number that is chosen: its derivation, its central difference, and what if it were another.

import { fill, h, refill, turn } from "./dom.js";
import { WhatIf } from "./whatif.js";

const FORMS = ["component", "neuron", "matrix"];
const WEIGHT = /^(W|b)\d+\[/;
const OWN = 2; // the level of the panel's heading

export function mount(app, root) {
  return new Panel(app, root);
}

class Panel {
  constructor(app, root) {
    Object.assign(this, { app, root, shown: null });
    this.head = h("div", { class: "head" });
    this.old = h("p", { class: "old", hidden: true });
    this.derivation = h("div", { class: "derived", tabindex: -1 });
    this.reads = h("div", { class: "reads" });
    this.difference = h("div", { class: "difference" });
    this.whatif = new WhatIf(app);
    root.append(this.head, this.old, this.derivation, this.reads, this.difference, this.whatif.root);
    app.on("select", () => this.ask({ urgent: true, isChosen: true }));
    app.on("look", () => this.ask({ urgent: true }));
    app.on("later", () => this.moved());
    app.on("shown", (id) => { if (id === root.id && this.isBehind) this.ask(); });
    this.ask();
  }

  moved() {
    if (this.app.state.time.is_running || !this.app.isShown(this.root)) {
      this.isBehind = true;
      this.old.hidden = !this.shown;
      this.old.textContent = this.app.t("from_before", { step: this.shown?.step });
      return;
    }
    this.ask();
  }

  async ask({ urgent = false, isChosen = false } = {}) {
    const { app } = this;
    this.isBehind = false;
    if (!app.selected) return this.invite();
    const of = app.selected;
    const began = performance.now();
    const answer = await app.get("derivation", { of, sample: app.sample, forms: app.look.forms }, "derivation", { urgent });
    if (!answer || answer.of !== app.selected) return undefined;
    this.shown = { of, step: app.state.time.step };
    this.old.hidden = true;
    this.write(answer);
    if (isChosen) app.say(app.t("derived", { title: answer.title }));
    Object.assign(this.root.dataset, { of, revision: answer.revision });
    app.emit("path", { of, ...answer.path });
    performance.clearMeasures("derivation");
    performance.measure("derivation", { start: began });
    return undefined;
  }

  /** Nothing is chosen: what could be. */
  invite() {
    const { app } = this;
    const { layers } = app.state.network, last = layers.length - 1;
    const names = [`W1[${layers[0].shown[0]},${layers[1].shown[0]}]`, `z${last}[0]`, "loss", `delta${last}[0]`,
      ...(last > 1 ? [`delta1[${layers[1].shown[0]}]`] : [])];
    const words = ["invite_weight", "invite_z", "invite_loss", "invite_delta", "invite_hidden_delta"];
    refill(this.head, h("h2", {}, app.t("panel_title")), h("p", {}, app.t("invite")),
      h("div", { class: "group" }, names.map((name, i) =>
        h("button", { type: "button", "data-key": name, onclick: () => app.select(name) }, app.t(words[i])))));
    for (const part of [this.derivation, this.reads, this.difference]) fill(part);
    this.shown = null;
    this.whatif.about("");
    app.emit("path", { of: "" });
  }

  write(answer) {
    this.writeHead(answer);
    const whole = document.createElement("template");
    whole.innerHTML = answer.html; // made by the server out of trees and escaped text
    putBelow(whole.content.querySelectorAll("h1, h2, h3, h4, h5, h6"));
    turn(this.derivation, whole.content);
    this.writeReads(answer);
    this.writeDifference(answer);
    const of = WEIGHT.test(answer.of) ? answer.of : "";
    this.whatif.about(of, answer.symbol);
  }

  writeHead(answer) {
    const { app } = this;
    const forms = h("fieldset", { class: "pills" }, h("legend", { class: "said" }, app.t("form")), FORMS.map((form) =>
      h("label", {}, h("input", { type: "radio", name: "form", value: form, "data-key": form, checked: app.look.forms === form,
        onchange: () => app.set({ forms: form }) }), h("span", {}, app.t(`form_${form}`)))));
    refill(this.head,
      h("h2", {}, answer.title),
      h("p", { class: "value" }, `${answer.symbol} = ${answer.value_text}`,
        answer.gradient_text && `${app.t("and")}${answer.title} = ${answer.gradient_text}`),
      h("p", { class: "bar" }, forms, h("button", { type: "button", "data-key": "clear", onclick: () => app.select("") },
        app.t("clear"))),
      answer.is_ahead && h("p", { class: "note" }, app.t("is_ahead")));
  }

  /** Each number that it is computed from leads on. */
  writeReads(answer) {
    const { app } = this;
    fill(this.reads, answer.reads.length > 0 && h("p", {}, h("span", {}, app.t("reads")), answer.reads.map((item) =>
      h("button", { type: "button", class: "link", onclick: () => this.follow(item.of) }, `${item.name} = ${item.text}`))));
  }

  async follow(name) {
    this.app.select(name);
    this.derivation.focus({ preventScroll: true });
  }

  writeDifference({ difference }) {
    if (!difference) return fill(this.difference);
    const mark = difference.agrees ? "✓" : "✗";
    return fill(this.difference, h("h3", {}, this.app.t("difference")),
      h("table", {}, h("tbody", {},
        h("tr", {}, h("th", { scope: "row" }, this.app.t("by_derivation")), h("td", { class: "e" }, difference.texts.slope)),
        h("tr", {}, h("th", { scope: "row" }, this.app.t("by_difference")), h("td", { class: "e" }, difference.texts.felt)))),
      h("p", { class: difference.agrees ? "agrees" : "differs" }, `${mark} `, difference.says));
  }
}

/** Make the headings of a derivation those below the panel's, without a level left out. */
function putBelow(headings) {
  const levels = [...new Set([...headings].map((heading) => heading.localName))].sort();
  let before = OWN;
  for (const heading of headings) {
    before = Math.min(OWN + 1 + levels.indexOf(heading.localName), before + 1);
    const lower = document.createElement(`h${before}`);
    lower.append(...heading.childNodes);
    heading.replaceWith(lower);
  }
}
