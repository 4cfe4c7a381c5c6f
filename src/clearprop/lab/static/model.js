// What is drawn, out of the state: which numbers stand in which node, and which arrows there are.

const PLAIN_NAME = /^[xy]\d*$/; // names that say nothing which the notation does not
const INSIDE = { forward: ["z", "a"], backward: ["error", "delta"] };
const UNKNOWN = "–"; // of a number that is not computed yet

/** The pass that is seen: the one chosen, or the one that the cursor is in. */
export function viewOf(app) {
  if (app.look.view !== "follow") return app.look.view;
  return ["backward", "update"].includes(app.state.cursor.phase) ? "backward" : "forward";
}

/** The drawing of a state: layers with their nodes, arrows, what stands beside the outputs. */
export class Model {
  constructor(app, names) {
    this.app = app;
    this.names = names;
    this.state = app.state;
    this.view = viewOf(app);
    this.texts = app.state.texts;
    this.values = app.state.values;
    this.reserve = `−0.${"0".repeat(Math.min(app.look.digits, 8))}`;
    this.shown = app.state.network.layers.map((layer) => layer.shown);
    this.depth = this.shown.length - 1;
    this.layers = app.state.network.layers.map((layer) => this.layer(layer));
    this.edges = this.shown.slice(1).flatMap((_, i) => this.edgesInto(i + 1));
    this.ends = this.shown[this.depth].map((index, i) => ({ index, items: this.beside(index, i) }));
  }

  /** A number of the trace with its name in the notation, its text, and what is read out. */
  item(site, at, place) {
    const name = at.length ? `${site}[${at.join(",")}]` : site;
    const of = (found) => place.reduce((array, i) => array?.[i], this.texts[found]) ?? null;
    const after = this.view === "backward" ? of(`${site}_new`) : null; // of a parameter, once it is updated
    const text = after ?? of(site);
    const symbol = this.names[name] ?? name;
    const fields = { symbol, text, what: this.what(site, at) };
    const said = this.app.t(text === null ? "said_unknown" : after === null ? "said_value" : "said_updated", fields);
    return { name, symbol: [[symbol, 0]], text: text ?? UNKNOWN, known: text !== null, changed: after !== null, said };
  }

  /** "δ of output neuron 1", "the loss". */
  what(site, at) {
    const kind = site.replace(/\d+$/, "");
    const layer = site.slice(kind.length);
    const key = site === "a0" ? "what_input" : `what_${kind}`;
    return key in this.app.words ? this.app.t(key, { layer, n: (at.at(-1) ?? 0) + 1 }) : "";
  }

  layer({ layer, shown, names, activation, n }) {
    const kind = layer === 0 ? "input" : layer === this.depth ? "output" : "hidden";
    const nodes = shown.map((index, i) => ({
      index, items: this.inside(layer, index, i), caption: this.caption(names, index),
      bias: this.values[`b${layer}`] ? this.item(`b${layer}`, [index], [i]) : null,
    }));
    return { layer, kind, nodes, n, head: this.head(layer, kind, activation), more: this.more(layer, shown) };
  }

  head(layer, kind, activation) {
    return [this.app.t(`layer_${kind}`, { layer }), activation?.called ?? activation?.name ?? ""];
  }

  /** The name of an input or output that came with the data. */
  caption(names, index) {
    const name = names?.[index];
    return name && !PLAIN_NAME.test(name) ? name : "";
  }

  inside(layer, index, i) {
    if (layer === 0) return [this.item("a0", [index], [i])];
    return INSIDE[this.view].map((kind) => `${kind}${layer}`).filter((site) => site in this.values)
      .map((site) => this.item(site, [index], [i]));
  }

  more(layer, shown) {
    const hidden = this.state.hidden[layer];
    if (!hidden?.n) return null;
    const gap = shown.findIndex((index, i) => i && index !== shown[i - 1] + 1);
    const before = gap > 0 ? gap : shown[0] > 0 ? 0 : shown.length;
    const key = this.view === "backward" ? "delta" : "a";
    const mean = hidden[`${key}_mean_text`];
    const fields = { count: hidden.n.toLocaleString("en"), mean, letter: key === "a" ? "a" : "δ", layer };
    return { before, text: this.app.t("more", fields), mean: mean ? this.app.t("more_mean", fields) : "",
      said: this.app.t("more_said", fields) };
  }

  edgesInto(layer) {
    const site = `W${layer}`, values = this.values[site];
    if (!values) return [];
    const largest = Math.max(...values.flat().map(Math.abs), this.state.hidden[layer]?.W_largest ?? 0) || 1;
    return this.shown[layer].flatMap((to, j) => this.shown[layer - 1].map((from, k) => {
      const item = this.item(site, [from, to], [k, j]);
      const value = (item.changed ? this.values[`${site}_new`] : values)[k][j];
      const direct = this.state.solid[layer - 1];
      const text = value >= 0 ? `+${item.text}` : item.text;
      const way = this.app.t(direct ? "reached_directly" : "reached_indirectly");
      const said = `${this.app.t("said_weight", { symbol: item.symbol[0][0], text, from: from + 1, to: to + 1, layer })} ${way}`;
      return { ...item, text, said, layer, from, to, direct, positive: value >= 0,
        size: Math.min(1, Math.abs(value) / largest) };
    }));
  }

  /** Beside an output its target and its loss; below the last the loss of all. */
  beside(index, i) {
    if (this.view === "backward") return i === this.shown[this.depth].length - 1 ? this.loss() : [];
    const isAll = this.state.network.widths.at(-1) === 1 && this.state.batch.n === 1; // the loss is that of this output
    const found = (isAll ? ["y"] : ["y", "losses"]).filter((site) => site in this.values).map((site) => this.item(site, [index], [i]));
    return i === this.shown[this.depth].length - 1 ? [...found, ...this.loss()] : found;
  }

  loss() {
    return ["loss", "cost"].filter((site) => site in this.values).map((site) => this.item(site, [], []));
  }
}
