// What the network makes of its inputs: a surface over two of them, a line over one, the weights into a neuron as a
// picture. The server says the values; here they become colours, hatching and a line where the prediction flips.
import { fill, h, s, table } from "./dom.js";
import { bitmap, classPixels, colours, grey, shades } from "./pixels.js";
import { beside, lines, mark, whenResized, widthOf } from "./plot.js";

const GRID = 60, THUMB = 24, MOST_THUMBS = 24, EVERY = 400, QUIET = 700, SELDOM = 2000, MOST_PICTURES = 16, NEAR = 14;

export function mount(app, root) {
  const t = app.t;
  let of = null, across = 0, up = 1, start = 0, timer = 0, quiet = 0, pictured = 0, wanted = false, shape = "", last = null, asked = null;
  const head = h("div", { class: "row" }), main = h("div", {}), others = h("div", { class: "thumbs" });
  root.append(head, main, others);
  const words = () => ({ keys: t("plot_keys"), table: t("plot_table"), empty: t("plot_empty") });
  const inputs = () => app.state.network.widths[0];
  const depth = () => app.state.network.widths.length - 1;
  const outputs = () => app.state.network.widths.at(-1);
  const name = (site) => {
    const [, l, j] = site.match(/^a(\d+)\[(\d+)\]$/).map(Number);
    return l === depth() ? app.state.data.outputs[j] ?? t("output_n", { n: j + 1 }) : t("neuron_of", { layer: l, n: j + 1 });
  };
  /** The same for a small picture. */
  const short = (site) => {
    const found = site.match(/^a(\d+)\[(\d+)\]$/);
    return found && Number(found[1]) < depth() ? t("neuron_short", { layer: found[1], n: Number(found[2]) + 1 }) : heading(site);
  };
  const heading = (site) => (site === "class" ? t("surface_class") : name(site));
  const axis = (i) => app.state.data.inputs?.[i] ?? `x${i + 1}`;

  /** Everything that can be drawn over the inputs: the class, the outputs, each neuron. */
  function sites() {
    const all = outputs() > 1 && app.state.data.classes ? ["class"] : [];
    for (let l = depth(); l >= 1; l--)
      for (const j of app.state.network.layers[l].shown) all.push(`a${l}[${j}]`);
    return all;
  }

  async function refresh() {
    wanted = true;
    if (!app.isShown(root) || timer) return;
    timer = setTimeout(() => { timer = 0; if (wanted) refresh(); }, EVERY);
    wanted = false;
    const now = `${app.state.network.widths} ${app.state.data.name} ${app.state.data.kind}`;
    if (now !== shape) [shape, of, across, up, start] = [now, null, 0, 1, 0];
    if (!sites().includes(of)) [of] = sites();
    drawHead();
    if (app.state.data.image) {
      if (app.state.time.is_running && performance.now() - pictured < SELDOM) return;
      pictured = performance.now();
      return pictures();
    }
    const query = { of, size: GRID, ...(inputs() > 2 ? { across, up } : {}) };
    const [found, points] = await Promise.all([app.get("surface", query, "surface"), rowsOf(app.state.data.serial)]);
    if (!found) return;
    last = { found, points };
    draw();
    clearTimeout(quiet); // many small requests: only when nothing has happened for a moment
    quiet = setTimeout(() => { if (app.isShown(root) && !app.state.time.is_running) thumbs(); }, QUIET);
  }

  /** The rows as points: asked for once, as long as they are the same. */
  async function rowsOf(serial) {
    if (asked?.serial === serial) return asked;
    const found = await app.get("points", { most: 500 }, "points", { quiet: true }).catch(() => null);
    if (found) asked = found;
    return found;
  }

  function draw() {
    if (!last) return;
    const { found, points } = last, isOld = found.revision !== app.state.revision;
    main.classList.toggle("stale", isOld);
    fill(main, found.y ? surface(found, points) : fit(found, points), isOld && h("p", { class: "old" }, t("stale")));
  }

  function drawHead() {
    const pick = (label, names, now, written, set) => names.length > 1 && h("label", { class: "choice" }, h("span", {}, label), h("select", {
      name: label, onchange: (event) => { set(event.target.value); refresh(); } },
      names.map((n) => h("option", { value: n, selected: String(n) === String(now) }, written(n)))));
    const focused = head.contains(document.activeElement) ? document.activeElement.name : null;
    const all = Array.from({ length: Math.min(inputs(), 64) }, (_, i) => i), many = inputs() > 2 && !app.state.data.image;
    fill(head,
      !app.state.data.image && pick(t("surface_of"), sites(), of, heading, (v) => { of = v; }),
      many && pick(t("surface_across"), all, across, axis, (v) => { across = Number(v); if (across === up) up = across ? 0 : 1; }),
      many && pick(t("surface_up"), all.filter((i) => i !== across), up, axis, (v) => { up = Number(v); }),
      many && h("p", { class: "note" }, t("surface_held")));
    if (focused) head.querySelector(`[name="${CSS.escape(focused)}"]`)?.focus();
  }

  /** One input: the line that the network makes, and the rows. */
  function fit(found, points) {
    const rows = points?.points ?? [], j = Number(of.match(/\[(\d+)\]/)?.[1] ?? 0);
    const isOutput = of.startsWith(`a${depth()}[`);
    const { rows: texts } = found.table, last = found.x.length - 1;
    return lines({
      title: t("fit", { of: name(of), x: axis(0) }), x: found.x, xName: axis(0), yName: name(of), words: words(),
      series: [{ name: name(of), values: found.values }], width: Math.min(720, widthOf(root) - 8), comma: app.look.comma,
      points: isOutput ? rows.map((p) => [p.x[0], p.y[j], p.set === "validation" ? 2 : 1]) : [],
      stops: texts.map((_, i) => Math.floor((i * last) / Math.max(1, texts.length - 1))),
      read: (i) => `${axis(0)} ${texts[i][0]}: ${name(of)} ${texts[i][1]}`, head: [axis(0), name(of)], rows: () => texts,
    });
  }

  function surface(found, points) {
    const size = Math.min(420, widthOf(root) - 90), tone = colours(root), title = t("surface_title", { of: heading(of), x: axis(across), y: axis(up) });
    const canvas = h("canvas", { width: size, height: size, role: "img", "aria-label": `${title}. ${range(found)}` });
    bitmap(canvas, of === "class" ? classPixels(found.values, size, tone) : shades(found, size, tone));
    const over = s("svg", { viewBox: `0 0 ${size} ${size}`, width: size, height: size, class: "over", "aria-hidden": "true" });
    const [left, right, low, high] = [found.x[0], found.x.at(-1), found.y[0], found.y.at(-1)];
    const place = ([x, y]) => [((x - left) / (right - left)) * size, size - ((y - low) / (high - low)) * size];
    const kinds = new Set();
    const rows = (points?.points ?? []).map((p) => ({ ...p, at: place([p.x[across], p.x[up]]) }));
    for (const p of rows) {
      const kind = p.label ?? 0;
      kinds.add(kind);
      over.append(mark(kind, ...p.at, 4, { class: app.state.batch.rows?.includes(p.row) ? "point now" : "point" }));
    }
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect(), zoom = size / box.width, x = (event.clientX - box.left) * zoom, y = (event.clientY - box.top) * zoom;
      const near = rows.map((p) => ({ row: p.row, far: Math.hypot(p.at[0] - x, p.at[1] - y) })).sort((a, b) => a.far - b.far)[0];
      if (near && near.far < NEAR) app.post("look", { row: near.row });
    });
    const side = (text, name) => h("span", { class: name }, text);
    return h("figure", { class: "plotted" }, h("figcaption", {}, title), h("div", { class: "map", style: { "--size": `${size}px` } },
      side(axis(up), "axis-up"), h("div", { class: "canvas" }, canvas, over), side(axis(across), "axis-across")),
      legend(found, tone, [...kinds].sort(), points), beside(words(), title, () => table([`${axis(up)} ↑ ${axis(across)} →`, ...found.table.head], [...found.table.rows].reverse())));
  }

  const range = (found) => (of === "class" ? "" : t("surface_range", { low: found.low_text ?? "", high: found.high_text ?? "" }));

  function legend(found, tone, kinds, points) {
    const names = found.classes ?? points?.classes ?? app.state.data.classes;
    const swatch = (kind) => s("svg", { width: 18, height: 16, "aria-hidden": "true" }, mark(kind, 9, 8, 5, { class: "point" }));
    const shown = names && kinds.map((kind) => h("li", {}, swatch(kind), String(names[kind] ?? kind)));
    if (of === "class") return h("ul", { class: "legend" }, shown);
    const ramp = h("canvas", { width: 120, height: 14, "aria-hidden": "true" });
    const values = Array.from({ length: 120 }, (_, i) => found.low + ((found.high - found.low) * i) / 119);
    bitmap(ramp, shades({ ...found, values: [values] }, 120, tone, 14));
    return h("ul", { class: "legend" }, h("li", {}, found.low_text, " ", ramp, " ", found.high_text),
      found.level !== undefined && found.level !== null && h("li", {}, t("surface_level")), shown);
  }

  /** A small surface for each neuron: a click makes it the large one. */
  async function thumbs() {
    const all = inputs() === 2 ? sites().slice(0, MOST_THUMBS) : [];
    if (all.length < 2) return fill(others);
    const revision = app.state.revision, tone = colours(root), made = [];
    for (const site of all) {
      const found = await app.get("surface", { of: site, size: THUMB }, "thumb", { quiet: true }).catch(() => null);
      if (!found || revision !== app.state.revision) return null;
      const canvas = h("canvas", { width: 64, height: 64, "aria-hidden": "true" });
      bitmap(canvas, site === "class" ? classPixels(found.values, 64, tone) : shades(found, 64, tone));
      made.push(h("button", { type: "button", "aria-pressed": String(site === of), "data-of": site,
        title: heading(site), "aria-label": heading(site), onclick: () => { of = site; refresh(); } }, canvas, h("span", {}, short(site))));
    }
    const focused = others.contains(document.activeElement) ? document.activeElement.dataset.of : null;
    fill(others, h("h3", {}, t("surface_neurons")), made);
    if (focused) others.querySelector(`[data-of="${focused}"]`)?.focus();
    return null;
  }

  /** For images: the sample, and the weights into neurons of layer 1. */
  async function pictures() {
    fill(others);
    const width = app.state.network.widths[1], count = Math.min(MOST_PICTURES, width - start), revision = app.state.revision;
    const list = [{ of: "a0" }, ...Array.from({ length: count }, (_, i) => ({ of: "W1", neuron: start + i }))];
    const made = [];
    for (const query of list) {
      if (revision !== app.state.revision) return null;
      const found = await app.get("picture", query, "picture", { quiet: true }).catch(() => null);
      if (!found || revision !== app.state.revision) return null;
      made.push(picture(found, query));
    }
    const page = (by, key) => h("button", { type: "button", disabled: start + by < 0 || start + by >= width,
      onclick: () => { start += by; refresh(); } }, t(key));
    return fill(main, h("div", { class: "pictures" }, made),
      width > MOST_PICTURES && h("div", { class: "row" }, page(-MOST_PICTURES, "before"),
        t("of_many", { from: start + 1, to: start + count, n: width }), page(MOST_PICTURES, "after")));
  }

  function picture(found, query) {
    const [rows, columns] = found.shape, isSample = query.of === "a0";
    const title = isSample ? t("picture_sample") : t("picture_weights", { n: query.neuron + 1 });
    const zoom = Math.max(2, Math.floor(96 / columns));
    const canvas = h("canvas", { width: columns * zoom, height: rows * zoom, role: "img", "aria-label": title });
    const grid = Array.from({ length: rows }, (_, i) => found.values.slice(i * columns, (i + 1) * columns)), tone = colours(root);
    const level = { low: -found.largest, high: found.largest, level: 0, values: [...grid].reverse() };
    bitmap(canvas, isSample ? grey(grid, found.largest, zoom, tone) : shades(level, columns * zoom, tone, rows * zoom, false));
    const text = (i, j) => found.texts?.[i * columns + j] ?? "";
    return h("figure", {}, canvas, h("figcaption", {}, title), beside(words(), title, () =>
      table([t("row"), ...grid[0].map((_, j) => String(j + 1))], grid.map((row, i) => [String(i + 1), ...row.map((_, j) => text(i, j))]))));
  }

  app.on("state", () => { if (last) main.classList.toggle("stale", last.found.revision !== app.state.revision); });
  app.on("later", refresh);
  app.on("record", refresh);
  app.on("look", () => { fill(head); refresh(); });
  app.on("shown", (id) => { if (id === root.id) refresh(); });
  whenResized(root, draw);
  refresh();
}
