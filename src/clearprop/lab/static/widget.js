// The drawing and the curves in a notebook: what the page shows, of one trace or of the records of a training, without a
// server. A kernel answers what is asked; what it has answered stays in the notebook and serves where none runs.

import { mount as mountCurves } from "./curves.js";
import { fill, h } from "./dom.js";
import { mount as mountDrawing } from "./drawing.js";
import { mount as mountPanel } from "./panel.js";
import panelsEnglish from "./panels-en.js";
import panelsChinese from "./panels-zh.js";
import wordsEnglish from "./words-en.js";
import wordsChinese from "./words-zh.js";

const WORDS = { en: { ...wordsEnglish, ...panelsEnglish }, zh: { ...wordsChinese, ...panelsChinese } };
const WAIT = 2500; // ms for an answer of the kernel
const DARK = 0.4; // the lightness below which a ground is dark

/** What anywidget calls for each view: the model has its numbers, `el` is the place for them. */
function render({ model, el }) {
  const root = h("div", { class: "clearprop notebook", lang: model.get("look").language === "zh" ? "zh-Hans" : "en" });
  root.style.colorScheme = isDark(el) ? "dark" : "light";
  el.append(root);
  const host = new Host(model, root);
  if (model.get("kind") === "curves") host.showCurves();
  else host.showNetwork();
  return () => host.close();
}

export default { render };

/** What the modules of the page call `app`, where numbers come from a widget's model. */
class Host {
  constructor(model, root) {
    Object.assign(this, { model, root, handlers: new Map(), heard: [], selected: "", sample: 0, first: "", isAlone: false });
    this.queue = Promise.resolve(); // of requests: a model holds one at a time
    this.look = { comma: 0, forms: "component", view: "follow", most: 12, ...model.get("look") };
    this.words = WORDS[this.look.language];
    this.choices = {};
    for (const name of ["t", "on", "say", "complain", "select", "isShown"]) this[name] = this[name].bind(this);
  }

  hear(event, handler) {
    this.model.on(event, handler);
    this.heard.push([event, handler]);
  }

  close() {
    for (const [event, handler] of this.heard) this.model.off(event, handler);
    this.handlers.clear();
  }

  // --- as app.js has it

  t(key, fields = {}) {
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => fields[name]);
  }

  on(event, handler) {
    this.handlers.set(event, [...(this.handlers.get(event) ?? []), handler]);
    return () => this.handlers.set(event, this.handlers.get(event).filter((one) => one !== handler));
  }

  emit(event, detail) {
    (this.handlers.get(event) ?? []).forEach((handler) => handler(detail));
  }

  isShown() {
    return this.root.isConnected;
  }

  select(name) {
    this.selected = name;
    this.emit("select", name);
  }

  async set(change) {
    Object.assign(this.look, change);
    this.emit("look", this.look);
  }

  async show({ sample = this.sample, first = this.first }) {
    Object.assign(this, { sample, first });
    await this.refresh();
    this.emit("select", this.selected);
  }

  say(text) {
    if (this.said) this.said.textContent = text;
  }

  complain(text) {
    this.problem.textContent = String(text);
    this.problem.hidden = !text;
  }

  open() {}

  shortcut() {}

  /** What the kernel has answered to this already, or answers now; null where there is neither. */
  async get(path, query = {}) {
    if (this.own) return this.own(path, query);
    const asked = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined && value !== ""));
    const key = JSON.stringify([path, ...Object.entries(asked).map((pair) => pair.map(String)).sort()]);
    const there = () => this.model.get("answers")[key];
    if (!there()) await (this.queue = this.queue.then(() => there() || this.ask(key, path, asked, there)));
    const answer = there() ?? null;
    this.complain(answer ? answer.error ?? "" : this.t("no_kernel"));
    return answer?.error ? null : answer;
  }

  /** Ask the kernel, and wait until it has answered, for a while; of one that has not answered before, hardly. */
  ask(key, path, query, there) {
    return new Promise((go) => {
      const done = () => {
        this.isAlone = !there();
        this.model.off("change:answers", look);
        clearTimeout(timer);
        go();
      };
      const look = () => { if (there()) done(); };
      const timer = setTimeout(done, this.isAlone ? WAIT / 20 : WAIT);
      this.model.on("change:answers", look);
      this.model.set("request", { key, path, query });
      this.model.save_changes();
    });
  }

  // --- a trace

  async showNetwork() {
    const part = (name, ...children) => h("section", { class: name }, children);
    this.steps = h("div", { class: "bar steps" });
    this.sentence = h("p", { class: "sentence" });
    this.said = h("div", { class: "said", "aria-live": "polite" });
    this.problem = h("p", { role: "alert", hidden: true });
    const drawing = part("drawing"), panel = part("behind");
    this.root.append(this.steps, this.sentence, drawing, this.problem, panel, this.said);
    this.at = this.model.get("at");
    await this.refresh();
    if (!this.state) return;
    mountDrawing(this, drawing);
    mountPanel(this, panel);
    this.hear("change:at", () => this.step(this.model.get("at"), true));
  }

  async refresh() {
    const query = { sample: this.sample, first: this.first, most: this.look.most, of: this.selected };
    const found = await this.get("whole", query);
    if (!found) return;
    this.whole = found;
    this.write();
  }

  write() {
    const before = this.state;
    const { state, cursors, places } = this.whole;
    this.at = Math.max(0, Math.min(this.at, cursors.length - 1));
    this.state = upTo(state, places, this.at, cursors[this.at]);
    this.sample = this.state.batch.sample;
    this.writeSteps();
    for (const event of ["state", "later"]) this.emit(event, before);
  }

  /** Go to a stop of the step; it is told to the model, so that a saved notebook opens there. */
  step(at, isTold = false) {
    this.at = at;
    this.write();
    this.say(this.sentence.textContent);
    if (isTold) return;
    this.model.set("at", this.at);
    this.model.save_changes();
  }

  writeSteps() {
    const { at, of, phase, says } = this.state.cursor;
    this.sentence.textContent = says;
    const place = this.t("place_in_step", { phase: this.t(`phase_${phase}`), at, of });
    if (!this.slider) {
      const button = (by, word, sign) => h("button", { type: "button", "aria-label": this.t(word), onclick: () => this.step(this.at + by) }, sign);
      this.slider = h("input", { type: "range", min: 0, "aria-label": this.t("steps"), oninput: () => this.step(Number(this.slider.value)) });
      this.place = h("span", {});
      this.buttons = [button(-1, "step_back", "‹"), button(1, "step_on", "›")];
      fill(this.steps, this.buttons[0], this.slider, this.buttons[1], this.place);
    }
    this.slider.max = of;
    this.slider.value = at;
    this.slider.setAttribute("aria-valuetext", place);
    this.buttons[0].disabled = at === 0;
    this.buttons[1].disabled = at === of;
    this.place.textContent = place;
  }

  // --- the records of a training

  showCurves() {
    const { model } = this;
    const section = h("section", { class: "curves" });
    this.problem = h("p", { hidden: true });
    this.root.append(section, this.problem);
    this.own = (path, query) => (path === "curves" ? this.curves(query) : null);
    const look = () => {
      this.points = model.get("points");
      this.next = Math.min(this.told().next ?? Infinity, this.points.length); // the last point may be one for now
      this.news();
    };
    look();
    mountCurves(this, section);
    for (const name of ["points", "told"]) this.hear(`change:${name}`, look);
    this.hear("msg:custom", ({ since, run, points, next, told }) => {
      if (since && (run !== this.state.run || since > this.points.length)) return; // all points come at the end
      this.points = [...this.points.slice(0, since), ...points];
      this.next = next;
      this.news(told);
    });
  }

  told() {
    return { revision: 0, mode: "watch", ...this.model.get("told") };
  }

  news(told = this.model.get("told")) {
    const before = this.state;
    this.state = { revision: 0, mode: "watch", ...told };
    for (const event of ["state", "later"]) this.emit(event, before);
  }

  curves({ since = 0, run }) {
    const from = run === this.state.run && since <= this.points.length ? since : 0;
    const { says, layers } = this.state;
    return { since: from, run: this.state.run, points: this.points.slice(from), next: this.next, says, layers };
  }
}

/** The state in which no more than the first stops of the step are computed; what comes later is null, as in the page. */
function upTo(state, places, at, cursor) {
  const shown = state.network.layers.map((layer) => layer.shown);
  const knownOf = (site) => {
    const [first, last, isSingle] = places[site] ?? [0, -1, false];
    return at > last ? Infinity : isSingle ? Math.max(0, at - first) : 0;
  };
  const layerOf = (site) => Number(/\d+/.exec(site)?.[0] ?? shown.length - 1);
  const cut = (value, known, neurons) => {
    if (!Array.isArray(value) || known === Infinity) return known > 0 ? value : null;
    return value.map((item, i) => (Array.isArray(item) ? cut(item, known, neurons) : neurons[i] < known ? item : null));
  };
  const part = (numbers) => Object.fromEntries(Object.entries(numbers).map(([site, value]) => {
    const known = knownOf(site);
    return [site, known === 0 ? null : cut(value, known, shown[layerOf(site)])];
  }));
  const hidden = Object.fromEntries(Object.entries(state.hidden).map(([layer, found]) => [layer, Object.fromEntries(
    Object.entries(found).filter(([name]) => !/^(a|delta)_/.test(name) || knownOf(`${name.split("_")[0]}${layer}`) === Infinity))]));
  return { ...state, cursor, values: part(state.values), texts: part(state.texts), hidden };
}

/** Whether what is behind a part of the notebook is dark; its own colours follow, whatever the notebook calls its themes. */
function isDark(element) {
  const pixel = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d");
  for (let e = element; e; e = e.parentElement ?? e.getRootNode().host) {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = getComputedStyle(e).backgroundColor; // rgb(…), oklch(…), color(…): the canvas knows them all
    pixel.fillRect(0, 0, 1, 1);
    const [red, green, blue, opacity] = pixel.getImageData(0, 0, 1, 1).data;
    if (opacity > 127) return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255 < DARK;
  }
  return false;
}
