// The network, drawn: signals in the forward view, errors in the backward view; everything in it can be chosen.

import { fill, h, refill } from "./dom.js";
import { draggable } from "./drag.js";
import { Figure, tables } from "./figure.js";
import { roving } from "./keys.js";
import { Model, viewOf } from "./model.js";
import { move, still } from "./motion.js";

const VIEWS = ["follow", "forward", "backward"];
const BELOW = "(max-width: 62rem)"; // windows in which the derivation stands below the drawing, as lab.css has it
const narrow = matchMedia("(max-width: 36rem)");
const smoothly = () => (still.matches ? "auto" : "smooth");

export function mount(app, root) {
  return new Drawing(app, root);
}

class Drawing {
  constructor(app, root) {
    Object.assign(this, { app, root });
    this.figure = null;
    this.path = null;
    this.bar = h("div", { class: "bar" });
    this.sheet = h("div", { class: "sheet g" });
    this.legend = h("p", { class: "legend" });
    this.rows = h("div", {});
    this.table = h("details", { class: "table", ontoggle: () => this.writeTables() },
      h("summary", {}, app.t("as_tables")), this.rows);
    root.append(this.bar, this.sheet, this.legend, this.table);
    this.listen(root);
    app.on("state", (before) => this.update(before));
    app.on("look", () => { this.writeBar(); this.update(); });
    app.on("select", (name) => this.selected(name));
    app.on("foretold", (told) => this.foretell(told));
    app.on("path", (path) => { this.path = path; this.light(); });
    this.writeBar();
    this.update();
  }

  /** The views, and which sample of a batch. */
  writeBar() {
    const { app } = this;
    const radios = VIEWS.map((view) => h("label", {}, h("input", {
      type: "radio", name: "view", value: view, "data-key": view, checked: view === app.look.view, onchange: () => app.set({ view }),
    }), h("span", {}, app.t(`view_${view}`))));
    this.samples = h("span", { class: "samples" });
    refill(this.bar, h("fieldset", { class: "pills" }, h("legend", { class: "said" }, app.t("view")), radios), this.samples);
    this.table.firstChild.textContent = app.t("as_tables");
    this.writeSamples();
  }

  writeSamples() {
    const { batch } = this.app.state;
    const count = batch.n;
    if (count < 2) return fill(this.samples);
    const step = (by) => this.app.show({ sample: (batch.sample + by + count) % count });
    if (!this.samples.firstChild)
      fill(this.samples, h("button", { type: "button", "aria-label": this.app.t("sample_before"), onclick: () => this.step(-1) }, "‹"),
        h("span", {}), h("button", { type: "button", "aria-label": this.app.t("sample_after"), onclick: () => this.step(1) }, "›"));
    this.step = step;
    this.samples.children[1].textContent = this.app.t("sample", { n: batch.sample + 1, count });
    return undefined;
  }

  /** The names of the numbers in the notation; they change with the shape of the network, not with its numbers. */
  get keyOfNames() {
    const { state, look } = this.app;
    return JSON.stringify([look.notation, state.network.layers.map((layer) => layer.shown), state.batch.n > 1 && state.batch.sample]);
  }

  async named() {
    const { look } = this.app, key = this.keyOfNames;
    const query = { sample: this.app.sample, most: look.most, first: this.app.first, of: this.app.selected };
    // A step whose numbers are not finite cannot be shown, and has no names.
    const answer = await this.app.get("names", query, "names", { quiet: true, urgent: true }).catch(() => ({ names: {} }));
    if (!answer) return null;
    this.names = { key, names: answer.names };
    this.app.names = answer.names;
    return answer.names;
  }

  /** Draw the state: at once, where its names are known. */
  async update(before) {
    const names = this.names?.key === this.keyOfNames ? this.names.names : await this.named();
    if (!names) return;
    const drawing = new Model(this.app, names);
    const began = performance.now();
    this.figure?.forget();
    if (this.figure?.fits(drawing)) this.figure.write(drawing);
    else this.build(drawing);
    this.figure.now(this.app.state.cursor.names);
    performance.clearMeasures("drawing");
    performance.measure("drawing", { start: began });
    this.writeSamples();
    this.writeTables();
    this.light();
    const { revision, batch } = drawing.state;
    Object.assign(this.root.dataset, { revision, sample: batch.sample, digits: this.app.look.digits });
    if (before) move(this.figure, drawing, before, this.app);
    if (before && narrow.matches) this.follow();
  }

  /** Where the drawing is wider than the window: what the step computed, in sight. */
  follow() {
    const fresh = this.sheet.querySelector(".now");
    if (!fresh) return;
    const box = fresh.getBoundingClientRect(), room = this.sheet.getBoundingClientRect();
    if (box.left < room.left || box.right > room.right)
      this.sheet.scrollBy({ left: box.left + box.width / 2 - room.left - room.width / 2, behavior: smoothly() });
  }

  build(drawing) {
    const active = this.root.getRootNode().activeElement; // a notebook may have it in a tree of its own
    const focused = this.sheet.contains(active) ? active.closest("[data-name]")?.dataset.name : undefined;
    this.figure = new Figure(drawing);
    const { svg, places } = this.figure;
    svg.setAttribute("aria-label", this.app.t("drawing_label", {
      view: this.app.t(`view_${drawing.view}`), widths: this.app.state.network.widths.join("-") }));
    svg.style.setProperty("--natural", `${places.width}px`);
    fill(this.sheet, svg);
    this.columns = columnsOf(drawing);
    const stop = this.figure.items.get(focused) ?? this.figure.items.get(this.app.selected);
    (stop?.element ?? svg.querySelector("[data-name]"))?.setAttribute("tabindex", "0");
    if (focused) stop?.element.focus();
    fill(this.legend, this.app.t(drawing.view === "forward" ? "legend_forward" : "legend_backward"));
  }

  writeTables() {
    if (this.table.open) fill(this.rows, tables(this.figure.drawing, (...key) => this.app.t(...key)));
  }

  light() {
    const path = this.path?.of === this.app.selected ? this.path : undefined;
    this.figure?.light(this.app.selected, path);
  }

  selected(name) {
    this.light();
    if (name && this.figure && !this.figure.items.has(name) && /[[]/.test(name)) this.app.refresh();
  }

  listen(root) {
    const named = (event) => event.target.closest?.("[data-name], [data-of]");
    const nameOf = (element) => element.dataset.name ?? element.dataset.of;
    this.sheet.addEventListener("click", (event) => {
      const element = named(event);
      if (!element) return;
      if (element.classList.contains("more")) this.scroll(Number(element.dataset.layer));
      else this.choose(nameOf(element));
    });
    for (const kind of ["pointerover", "focusin"])
      this.sheet.addEventListener(kind, (event) => { if (named(event)) this.figure.tip(nameOf(named(event))); });
    for (const kind of ["pointerleave", "focusout"])
      this.sheet.addEventListener(kind, () => this.figure?.tip(""));
    roving(this.sheet, "[data-name]", (element, way) => this.neighbour(element.dataset.name, way),
      (element) => this.ends(element.dataset.name));
    draggable(this.app, this.sheet);
    this.app.shortcut(root, "v", "key_view", () => {
      const views = ["forward", "backward"];
      this.app.set({ view: views[1 - views.indexOf(viewOf(this.app))] });
      this.writeBar();
    });
  }

  /** A weight that is tried: its number stands at its arrow, and what would become of the loss. */
  foretell({ of, texts, isPresent }) {
    if (of === "rate" || !this.figure) return;
    const told = this.app.t("drag_told", { predicted: texts.predicted_change, truly: texts.true_change });
    if (isPresent) this.figure.forget();
    else this.figure.foretell(of, texts.value, told);
  }

  choose(name) {
    this.app.open("panel");
    this.app.select(name);
    const side = matchMedia(BELOW).matches ? document.getElementById("side") : null;
    if (side?.getBoundingClientRect().top > innerHeight * 0.8) side.scrollIntoView({ block: "start", behavior: smoothly() });
  }

  /** The next neurons of a wide layer. */
  scroll(layer) {
    const { layers } = this.app.state.network;
    const first = layers.map((one) => one.shown[0]);
    const { shown, n } = layers[layer];
    const next = first[layer] + Math.max(1, shown.length - 1);
    first[layer] = next >= n - 1 ? 0 : next;
    this.app.show({ first: first.join(",") });
  }

  neighbour(name, [right, down]) {
    const at = this.columns.findIndex((column) => column.some((item) => item.name === name));
    const column = this.columns[at];
    const place = column.findIndex((item) => item.name === name);
    const found = down ? column[place + down] : nearest(column[place], this.columns[at + right], right);
    return found && this.figure.items.get(found.name).element;
  }

  ends(name) {
    const column = this.columns.find((items) => items.some((item) => item.name === name));
    return [column[0], column.at(-1)].map((item) => this.figure.items.get(item.name).element);
  }
}

/** From a neuron along its first arrow, from an arrow to the neuron at its end. */
function nearest(item, column, right) {
  if (!column?.length) return null;
  const isLinked = (other) => {
    if ("from" in item) return other.index === (right > 0 ? item.to : item.from);
    if ("from" in other) return item.index === (right > 0 ? other.from : other.to);
    return other.index === item.index;
  };
  return column.find(isLinked) ?? column[0];
}

/** What can be reached, from left to right: the numbers of a layer, the arrows behind it, …, what stands at the end. */
function columnsOf(drawing) {
  const found = [];
  for (const layer of drawing.layers) {
    if (layer.layer) found.push(drawing.edges.filter((edge) => edge.layer === layer.layer));
    const items = layer.nodes.map((node) =>
      [...node.items, ...(node.bias ? [node.bias] : [])].map(({ name }) => ({ name, index: node.index })));
    if (layer.more) items.splice(layer.more.before, 0, [{ name: `more${layer.layer}` }]);
    found.push(items.flat());
  }
  return [...found, drawing.ends.flatMap((end) => end.items.map(({ name }) => ({ name, index: end.index })))];
}
