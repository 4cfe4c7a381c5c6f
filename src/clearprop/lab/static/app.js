// What every module of the page is given; its contract stands in main.js.

import { connect } from "./api.js";
import { Shortcuts } from "./keys.js";

const LOOK = { notation: "nielsen", digits: 4, comma: 0, forms: "component", view: "follow", theme: "system", most: 6 };
const STYLE = ["notation", "language", "digits", "comma"];
const ASKED = [...STYLE, "most"]; // what the server writes differently
const PAUSE = 40; // ms between two states while it trains
const PATIENCE = 250; // ms that what stands beside the drawing waits at most while one change follows another

export class App {
  constructor() {
    this.state = Object.freeze({ revision: 0 });
    this.look = { ...LOOK, language: navigator.language.startsWith("zh") ? "zh" : "en", ...kept("look") };
    this.sample = 0;
    this.first = "";
    this.selected = "";
    this.handlers = new Map();
    this.shortcuts = new Shortcuts((root) => this.isShown(root));
    this.api = connect({
      style: () => Object.fromEntries(STYLE.map((name) => [name, this.look[name]])),
      view: () => ({ sample: this.sample, most: this.look.most, first: this.first, of: this.selected, values: "drawn" }),
      revision: () => this.state.revision,
      fresh: (state) => this.take(state),
      complain: (error) => this.complain(error),
      lost: (is) => this.lost(is),
    });
    this.queue = this.reads = Promise.resolve();
    this.turns = new Map(); // by slot: the read that was asked for last
    this.changes = 0; // asked for and not answered
    for (const name of ["t", "on", "get", "post", "say", "complain", "select", "isShown"]) this[name] = this[name].bind(this);
  }

  /** Reads go one after another, and none while a change is under way, so that no step waits behind several of them;
   * those that are urgent (`{urgent: true}`) go at once. */
  get(path, query, slot, options = {}) {
    const read = () => this.api.get(path, query, slot, options);
    const mine = {};
    if (slot) this.turns.set(slot, mine);
    this.api.drop(slot);
    if (options.urgent) return read();
    const answer = this.reads.then(() => this.queue).then(() => (slot && this.turns.get(slot) !== mine ? null : read()));
    this.reads = answer.catch(() => null);
    return answer;
  }

  /** Changes go one after another, each on the revision that the one before it made. What is asked for may be a
   * function, called when its turn has come: only then is it known whether training runs. */
  post(...request) {
    this.changes += 1;
    const answer = this.queue.then(() => {
      const asked = typeof request[0] === "function" ? request[0]() : request;
      if (!asked) return null;
      this.forgive();
      return this.api.post(...asked);
    }).finally(() => {
      this.changes -= 1;
      this.tellSoon();
    });
    this.queue = answer.catch(() => null);
    return answer;
  }

  on(event, handler) {
    if (!this.handlers.has(event)) this.handlers.set(event, new Set());
    this.handlers.get(event).add(handler);
    return () => this.handlers.get(event).delete(handler);
  }

  emit(event, detail) {
    this.handlers.get(event)?.forEach((handler) => handler(detail));
  }

  /** A newer state, or the same one in another style. */
  take(state) {
    if (state.revision < this.state.revision) return;
    const before = this.state;
    this.state = Object.freeze(state);
    this.sample = state.batch?.sample ?? 0;
    this.emit("state", before);
    this.untold ??= { before, since: performance.now() };
    this.tellSoon();
  }

  /** What stands beside the drawing hears of a state once the drawing is painted. */
  tellSoon() {
    if (this.untold) requestAnimationFrame(() => setTimeout(() => this.tell()));
  }

  tell() {
    if (!this.untold || (this.changes && performance.now() - this.untold.since < PATIENCE)) return;
    const { before } = this.untold;
    this.untold = null;
    this.emit("later", before);
  }

  async refresh() {
    const state = await this.get("state", {}, "state", { urgent: true });
    if (state) this.take(state);
    return state;
  }

  t(key, fields = {}) {
    const found = this.words[key];
    if (found === undefined) throw new Error(`no word for ${key}`);
    return found.replace(/\{(\w+)\}/g, (_, name) => fields[name]);
  }

  async set(change) {
    Object.assign(this.look, change);
    localStorage.setItem("clearprop-look", JSON.stringify(this.look));
    if ("language" in change) await this.learn();
    this.apply();
    if (Object.keys(change).some((name) => ASKED.includes(name))) await this.refresh();
    this.emit("look", this.look);
  }

  async show({ sample = this.sample, first = this.first }) {
    Object.assign(this, { sample, first });
    await this.refresh();
    this.emit("select", this.selected);
  }

  /** The words and choices of the language. */
  async learn() {
    const { language } = this.look;
    const tables = ["words", "panels"].map((name) => import(`./${name}-${language}.js`));
    const [choices, ...words] = await Promise.all([this.get("choices", {}, "choices", { urgent: true }), ...tables]);
    this.words = Object.assign({}, ...words.map((module) => module.default));
    this.choices = choices ?? this.choices ?? {};
    document.documentElement.lang = language === "zh" ? "zh-Hans" : language;
    for (const element of document.querySelectorAll("[data-word]")) element.textContent = this.t(element.dataset.word);
    for (const element of document.querySelectorAll("[data-label]"))
      element.setAttribute("aria-label", this.t(element.dataset.label));
  }

  /** A look that was kept and is not understood any more is given up. */
  forget() {
    localStorage.removeItem("clearprop-look");
    Object.assign(this.look, LOOK);
    this.forgive();
  }

  apply() {
    document.documentElement.dataset.theme = this.look.theme;
  }

  async select(name) {
    if (name === this.selected) return;
    this.selected = name;
    this.emit("select", name);
  }

  say(text) {
    document.getElementById("said").textContent = text;
  }

  complain(error) {
    this.complaint = error;
    const words = typeof error === "string" ? error : this.reason(error);
    const box = document.getElementById("problem");
    box.hidden = !words;
    box.textContent = words;
  }

  /** What went wrong, in words. */
  reason(error) {
    if (error.status === -1) return "";
    if (error.status === 401 || error.status === 403) return this.words ? this.t("no_token") : error.message;
    return error.message;
  }

  forgive() {
    document.getElementById("problem").hidden = true;
  }

  lost(is) {
    if (is && this.words) this.complain(this.t("lost"));
    else if (!is && this.isLost) this.forgive();
    this.isLost = is;
  }

  link(path, query = {}) {
    const url = new URL(`/api/${path}`, location.origin);
    const style = Object.fromEntries(STYLE.map((name) => [name, this.look[name]]));
    for (const [name, value] of Object.entries({ ...style, ...query, token: this.api.token })) url.searchParams.set(name, value);
    return url.href;
  }

  isShown(root) {
    const dialog = document.querySelector("dialog:modal");
    return root.isConnected && !root.closest("[hidden]") && (!dialog || dialog.contains(root));
  }

  shortcut(root, key, word, action) {
    this.shortcuts.add(root, key, word, action);
  }

  cover(dialog) {
    if (!dialog.isConnected) document.body.append(dialog);
    dialog.showModal();
  }

  /** What the event stream brings; states are asked for one after another, never faster than the page shows them. A
   * training that is watched sends its state whole, as it is small. */
  async heard(event) {
    await this.queue; // a change of one's own is answered by its state, and the event of it tells nothing new
    if (event && event.revision <= this.state.revision) return undefined;
    if (event?.mode === "watch") return this.take(event);
    if (event) this.emit("record", event);
    if (this.isAsking) {
      this.isBehind = true;
      return undefined;
    }
    this.isAsking = true;
    try {
      do {
        this.isBehind = false;
        await this.refresh();
        await new Promise((go) => setTimeout(go, PAUSE));
      } while (this.isBehind);
    } finally {
      this.isAsking = false;
    }
    return undefined;
  }
}

function kept(name) {
  try {
    return JSON.parse(localStorage.getItem(`clearprop-${name}`)) ?? {};
  } catch {
    return {}; // somebody else wrote there
  }
}
