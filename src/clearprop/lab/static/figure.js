// The network as SVG. Built once for a shape of drawing; after each step only its numbers, widths and signs are written.

import { h, runs, s } from "./dom.js";
import { SIZE, SMALL, labelOf, labelled, measured, placed, whole } from "./layout.js";

let count = 0; // of drawings so far: each has an arrow head of its own
const THIN = 1, THICK = 5.5; // px

/** What has to be equal for a drawing to be written over instead of built anew. */
export const shapeOf = (drawing) =>
  JSON.stringify([drawing.view, drawing.layers.map((layer) => [layer.head, layer.nodes.map((node) => [node.index, node.caption,
    node.items.map((item) => [item.name, item.symbol])]), layer.more?.text]), drawing.edges.map((edge) => [edge.name, edge.symbol])]);

/** The longest of its texts, of labels and in nodes, for which a drawing is made wide enough. */
const longest = (drawing) => [labelled(drawing).map((edge) => edge.text), drawing.layers.flatMap((layer) => layer.nodes.flatMap((node) =>
  node.items.map((item) => item.text)))].map((texts) => Math.max(drawing.reserve.length, ...texts.map((text) => text.length)));

export class Figure {
  constructor(drawing, words) {
    this.words = words;
    this.drawing = drawing;
    this.items = new Map(); // by name: the element that is focused and clicked, and what is written in it
    this.groups = new Map(); // by "layer,index": a neuron
    this.places = placed(drawing);
    this.head = `arrow-head-${count++}`;
    this.shape = shapeOf(drawing);
    this.longest = longest(drawing);
    this.build();
    this.write(drawing);
  }

  /** Whether another drawing can be written into this one. */
  fits(drawing) {
    return this.shape === shapeOf(drawing) && longest(drawing).every((length, i) => length <= this.longest[i]);
  }

  build() {
    const { width, height } = this.places;
    const head = s("marker", { id: this.head, viewBox: "0 0 10 10", refX: 9, refY: 5, markerWidth: 13, markerHeight: 13,
      markerUnits: "userSpaceOnUse", orient: "auto" }, s("path", { d: "M0 0L10 5L0 10z", fill: "context-stroke" }));
    this.layers = {};
    for (const name of ["edges", "flow", "labels", "nodes", "tips", "notes"]) this.layers[name] = s("g", { class: name });
    this.drawing.edges.forEach((edge) => this.edge(edge));
    this.drawing.layers.forEach((layer) => this.layer(layer));
    this.drawing.ends.forEach((end) => this.end(end));
    this.svg = s("svg", {
      viewBox: `0 0 ${width.toFixed(1)} ${height.toFixed(1)}`, width: width.toFixed(0), height: height.toFixed(0),
      role: "group", class: this.drawing.view, "font-size": SIZE,
    }, s("defs", {}, head), Object.values(this.layers));
  }

  /** A part that can be focused and chosen. */
  item(name, attributes, ...children) {
    const element = s("g", { role: "button", tabindex: -1, "aria-pressed": "false", ...attributes, data: { name } },
      ...children);
    this.items.set(name, { element, values: [] });
    return element;
  }

  edge(edge) {
    const { x1, y1, x2, y2, box, isLabelled } = this.places.edges.get(edge.name);
    const back = this.drawing.view === "backward" && edge.layer > 1;
    const d = back ? `M${x2} ${y2}L${x1} ${y1}` : `M${x1} ${y1}L${x2} ${y2}`;
    const head = this.drawing.view === "backward" && edge.layer === 1 ? undefined : `url(#${this.head})`;
    const line = s("path", { class: `line${edge.direct ? "" : " indirect"}`, d, "marker-end": head });
    const element = this.item(edge.name, { class: "edge" },
      s("path", { class: "hit", d }), s("path", { class: "glow", d }), line);
    this.layers.edges.append(element);
    const found = this.items.get(edge.name);
    Object.assign(found, { line, middle: [(x1 + x2) / 2, (y1 + y2) / 2], d });
    if (!box) return;
    const { text, value } = written(box.x, box.y, isLabelled ? labelOf(edge) : [["", 0]], isLabelled ? SIZE : 12);
    const label = s("g", { class: "label", data: { of: edge.name } }, ground(box), text);
    this.layers.labels.append(label);
    Object.assign(found, { label, mark: isLabelled ? null : value });
    if (isLabelled) found.values.push((item) => { value.textContent = ` = ${item.text}`; });
  }

  layer(layer) {
    const { x: centre } = this.places.columns[layer.layer];
    layer.head.forEach((words, i) => this.layers.nodes.append(
      s("text", { class: "head", x: centre, y: 14 + 15 * i, "text-anchor": "middle", "font-size": SMALL }, words)));
    for (const node of layer.nodes) {
      const place = this.places.nodes.get(`${layer.layer},${node.index}`);
      const { x, y, width, height } = place;
      const group = s("g", { class: `node ${layer.kind}` },
        s("rect", { class: "box", x: x - width / 2, y: y - height / 2, width, height, rx: 13 }));
      this.groups.set(`${layer.layer},${node.index}`, group);
      node.items.forEach((item, i) => {
        const middle = y + (i - (node.items.length - 1) / 2) * 19;
        group.append(this.value(item, x, middle, width - 6, 18));
      });
      if (node.caption) group.append(s("text", { class: "head", x, y: y - height / 2 - 5, "text-anchor": "middle",
        "font-size": SMALL }, node.caption));
      this.layers.nodes.append(group);
      if (node.bias) this.bias(node.bias, place);
    }
    if (layer.more) this.more(layer);
  }

  value(item, x, y, width, height, kind = "value") {
    const { text, value } = written(x, y, whole(item), SIZE);
    const element = this.item(item.name, { class: kind },
      s("rect", { class: "hit", x: x - width / 2, y: y - height / 2, width, height, rx: 4 }), text);
    this.items.get(item.name).values.push((now) => { value.textContent = ` = ${now.text}`; });
    return element;
  }

  bias(bias, place) {
    const bottom = place.y + place.height / 2;
    const element = this.value(bias, place.x, place.bias, place.width, 16, "bias");
    if (!this.places.isClose)
      element.prepend(s("path", { class: "line", d: `M${place.x} ${place.bias - 7}V${bottom + 1}`, "marker-end": `url(#${this.head})` }));
    this.layers.nodes.append(element);
  }

  /** "⋮ 784 neurons": the next of them on a click. */
  more(layer) {
    const { x, y, width, height } = layer.place;
    const { text } = written(x, y - (layer.more.mean ? 8 : 0), [[layer.more.text, 0]], SIZE);
    const mean = written(x, y + 9, [[layer.more.mean, 0]], SMALL);
    const element = s("g", { role: "button", tabindex: -1, class: "more", "aria-label": layer.more.said,
      data: { name: `more${layer.layer}`, layer: layer.layer } },
      s("rect", { class: "hit", x: x - width / 2, y: y - height / 2, width, height, rx: 6 }), text, mean.text);
    this.items.set(`more${layer.layer}`, { element, values: [(now) => { mean.value.textContent = now.mean; }] });
    this.layers.nodes.append(element);
  }

  end(end) {
    const place = this.places.nodes.get(`${this.drawing.layers.at(-1).layer},${end.index}`);
    const right = place.x + place.width / 2;
    const isBack = this.drawing.view === "backward";
    const d = isBack ? `M${right + 34} ${place.y}H${right + 1}` : `M${right} ${place.y}H${right + 24}`;
    this.layers.edges.append(s("path", { class: `end${isBack ? " output" : ""}`, d, "marker-end": `url(#${this.head})` }));
    end.items.forEach((item, i) => {
      const width = Math.max(40, this.places.width - right - 34);
      const y = place.y + (i - (end.items.length - 1) / 2) * 20;
      const element = this.value(item, right + 32 + width / 2, y, width, 18, "value end");
      this.layers.nodes.append(element);
    });
  }

  /** Write the numbers of a drawing of the same shape. */
  write(drawing) {
    this.drawing = drawing;
    for (const edge of drawing.edges) this.writeEdge(edge);
    for (const layer of drawing.layers) {
      for (const node of layer.nodes)
        for (const item of [...node.items, ...(node.bias ? [node.bias] : [])]) this.writeItem(item);
      if (layer.more) this.items.get(`more${layer.layer}`).values.forEach((write) => write(layer.more));
    }
    for (const end of drawing.ends) end.items.forEach((item) => this.writeItem(item));
  }

  /** Whether it is written anew; what is the same already costs nothing. */
  writeItem(item) {
    const found = this.items.get(item.name);
    if (found.item?.said === item.said && found.item.text === item.text) return false;
    found.item = item;
    found.values.forEach((write) => write(item));
    found.element.setAttribute("aria-label", item.said);
    found.element.classList.toggle("unknown", !item.known);
    found.element.classList.toggle("changed", item.changed);
    return true;
  }

  writeEdge(edge) {
    const found = this.items.get(edge.name);
    const width = (THIN + (THICK - THIN) * edge.size).toFixed(1);
    if (found.width !== width) found.line.style.setProperty("stroke-width", width);
    found.width = width;
    if (!this.writeItem(edge)) return;
    const sign = edge.positive ? "positive" : "negative";
    for (const element of [found.element, found.label]) {
      element?.classList.toggle("positive", sign === "positive");
      element?.classList.toggle("negative", sign === "negative");
    }
    if (found.mark) found.mark.textContent = edge.positive ? "+" : "−";
  }

  /** Light the path of what is chosen, and say that it is; `nodes` and `edges` by name. */
  light(selected, { nodes = [], edges = [] } = {}) {
    const key = [selected, ...nodes, ...edges].join(" ");
    if (key === this.lit) return;
    this.lit = key;
    const lit = new Set([...edges, ...nodes]);
    if (lit.has("C")) lit.add("loss");
    for (const [name, { element, label }] of this.items) {
      element.classList.toggle("lit", lit.has(name));
      label?.classList.toggle("lit", lit.has(name));
      element.classList.toggle("selected", name === selected);
      label?.classList.toggle("selected", name === selected);
      if (!element.classList.contains("more")) element.setAttribute("aria-pressed", String(name === selected));
    }
    const places = new Set(nodes.map((name) => /^(?:a|z|delta|error)(\d+)\[(\d+)\]$/.exec(name)).filter(Boolean)
      .map(([, layer, index]) => `${layer},${index}`));
    for (const [place, group] of this.groups) group.classList.toggle("lit", places.has(place));
  }

  /** Mark what the last step computed: single numbers, or all of a site ("z1"); an update is marked at its parameter. */
  now(names) {
    const fresh = new Set(names.map((name) => name.replace("_new", "")));
    for (const [name, { element }] of this.items)
      element.classList.toggle("now", fresh.has(name) || fresh.has(name.replace(/\[.*/, "")));
  }

  /** Write another number at a weight, and beside it what would become of the loss. */
  foretell(name, text, words) {
    this.forget();
    const found = this.items.get(name);
    if (!found) return;
    const shown = found.line && !text.startsWith("−") ? `+${text}` : text;
    found.values.forEach((write) => write({ ...found.item, text: shown }));
    found.element.classList.add("tried");
    this.tried = found;
    const place = found.middle ?? [this.places.width / 2, this.places.height];
    const note = found.values.length && found.middle ? words : `${shown}: ${words}`;
    this.layers.notes.replaceChildren(noted(place[0], place[1] + 26, note, this.places.width));
  }

  /** The number that is, again. */
  forget() {
    this.layers.notes.replaceChildren();
    this.tried?.values.forEach((write) => write(this.tried.item));
    this.tried?.element.classList.remove("tried");
    this.tried = null;
  }

  /** The number of an arrow that has none written on it, while it is pointed at or focused. */
  tip(name) {
    const found = this.items.get(name);
    if (!found?.middle || (found.label && !found.mark)) return this.layers.tips.replaceChildren();
    const parts = labelOf(found.item);
    const { text, value } = written(...found.middle, parts, SIZE);
    value.textContent = ` = ${found.item.text}`;
    this.layers.tips.replaceChildren(text);
    const box = text.getBBox();
    this.layers.tips.prepend(s("rect", { class: "ground tip", x: box.x - 5, y: box.y - 3, width: box.width + 10,
      height: box.height + 6, rx: 4 }));
    return undefined;
  }
}

function noted(x, y, words, width) {
  const text = s("text", { x, y, "text-anchor": "middle", "font-size": SMALL }, words);
  const half = 0.5 * measured([[words, 0]], SMALL) + 6;
  const shift = Math.max(half - x, 0) + Math.min(width - half - x, 0);
  return s("g", { transform: `translate(${shift.toFixed(1)} 0)` }, s("rect", { class: "ground tip", x: x - half, y: y - 15,
    width: 2 * half, height: 21, rx: 4 }), text);
}

function written(x, y, parts, size) {
  const spans = runs(parts);
  const text = s("text", { x, y: y + size * 0.35, "text-anchor": "middle", "font-size": size }, spans);
  return { text, value: spans.at(-1) };
}

const ground = ({ x, y, width, height }) =>
  s("rect", { class: "ground", x: x - width / 2, y: y - height / 2, width, height, rx: 3 });

/** The weights of each layer as tables, for those who would rather read. */
export function tables(drawing, words) {
  return drawing.layers.slice(1).map((layer) => {
    const edges = drawing.edges.filter((edge) => edge.layer === layer.layer);
    const from = [...new Set(edges.map((edge) => edge.from))], to = [...new Set(edges.map((edge) => edge.to))];
    const text = new Map(edges.map((edge) => [`${edge.from},${edge.to}`, edge.text]));
    return h("div", { class: "t", tabindex: 0, role: "region", "aria-label": words("weights_into", { layer: layer.layer }) },
      h("table", {}, h("caption", {}, words("weights_into", { layer: layer.layer })),
        h("thead", {}, h("tr", {}, h("td", {}), to.map((j) => h("th", { scope: "col" }, words("to_neuron", { n: j + 1 }))))),
        h("tbody", {}, from.map((k) => h("tr", {}, h("th", { scope: "row" }, words("from_neuron", { n: k + 1 })),
          to.map((j) => h("td", { class: "e" }, text.get(`${k},${j}`) ?? "")))))));
  });
}
