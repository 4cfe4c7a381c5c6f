// Plots as SVG: lines that differ by dash, marker and a name at their end, and bars; never by colour alone. Each can be
// read with the arrow keys as well as under the pointer, and has a table of the same numbers beside it.
// The numbers that are read come from the server as text; here they only become places.
import { fill, h, s, table } from "./dom.js";

const COLOURS = ["link", "negative", "weight", "positive", "output"];
const DASHES = ["", "9 4", "2 4", "12 4 2 4", "5 3"];
const SHAPES = ["circle", "square", "triangle", "diamond", "cross"];
const TALL = 250, LEFT = 58, TOP = 14, BOTTOM = 42, LETTER = 7.4, LINE = 17, MARKED = 6, MOST_ROWS = 400;

/** A mark of the n-th kind around a place: shapes that are told apart without colour. */
export function mark(n, x, y, size = 4.5, attributes = {}) {
  const shape = SHAPES[n % SHAPES.length], d = size * 1.25;
  if (shape === "circle") return s("circle", { cx: x, cy: y, r: size, ...attributes });
  const path = {
    square: `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}z`,
    triangle: `M${x} ${y - d}L${x + d} ${y + size}H${x - d}z`,
    diamond: `M${x} ${y - d - 1}L${x + d} ${y}L${x} ${y + d + 1}L${x - d} ${y}z`,
    cross: `M${x - size} ${y - size}L${x + size} ${y + size}M${x - size} ${y + size}L${x + size} ${y - size}`,
  }[shape];
  return s("path", { d: path, ...attributes });
}

/** Round numbers between two ends, so many at most. */
export function ticks(low, high, most) {
  if (!(high > low)) return [low];
  const raw = (high - low) / most, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((m) => m * power >= raw * 0.999) * power;
  const found = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k++) found.push(k * step);
  return found;
}

/** Powers of ten; where there are few of them, also 2 and 5 times those. */
const decades = (low, high) => {
  const found = [], few = Math.log10(high / low) < 1.6;
  const step = Math.max(1, Math.ceil((Math.log10(high) - Math.log10(low)) / 6));
  for (let k = Math.floor(Math.log10(low)); k <= Math.ceil(Math.log10(high)); k += step) found.push(...(few ? [10 ** k, 2 * 10 ** k, 5 * 10 ** k] : [10 ** k]));
  return found;
};

const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

/** The round number at a tick. */
export function tickText(value, comma = false) {
  const size = Math.abs(value);
  const small = size !== 0 && (size < 1e-3 || size >= 1e5);
  const [digits, power] = small ? value.toExponential(6).split("e") : [String(Number(value.toPrecision(6))), ""];
  const written = small && Number(digits) === 1 ? "" : `${Number(digits)}${small ? "·" : ""}`;
  const tens = small ? `10${[...String(Number(power))].map((c) => RAISED[c]).join("")}` : "";
  const text = `${written}${tens}`.replace("-", "−");
  return comma ? text.replace(".", ",") : text;
}

/** From numbers to pixels; `log` for powers of ten. */
function scale(values, from, to, log, pad = 0.04) {
  const known = values.filter((v) => Number.isFinite(v) && (!log || v > 0));
  let low = Math.min(...known), high = Math.max(...known);
  if (!known.length) [low, high] = log ? [0.1, 1] : [0, 1];
  const put = log ? Math.log10 : (v) => v;
  if (low === high) [low, high] = log ? [low / 2, high * 2] : [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2];
  const room = pad * (put(high) - put(low));
  const start = put(low) - room, end = put(high) + room;
  const place = (v) => from + ((put(v) - start) / (end - start)) * (to - from);
  return { place, low: log ? 10 ** start : start, high: log ? 10 ** end : end, log };
}

const wide = (text) => [...text].reduce((sum, c) => sum + (c > "⺀" ? 2 * LETTER : LETTER), 0);

/**
 * A plot of lines.
 *
 * `series`: [{name, values, kind?}] with a value (or null) at each of `x`; `read(i)` says what stands at the i-th x;
 * `head` and `rows` are the table. Options: `stops` (the numbers of those x that are read, by default all), `log`, `xLog`, `points` [[x, y, kind]], `width`, `comma`, `stale`.
 */
export function lines({ title, x, series, xName, yName, read, head, rows, words, ...look }) {
  const width = Math.max(260, look.width ?? 640);
  const right = Math.min(width * 0.36, 16 + Math.max(0, ...series.map(({ name }) => wide(name))));
  const area = { left: LEFT, right: width - (series.length > 1 ? right : 14), top: TOP, bottom: TALL - BOTTOM };
  const clouds = look.points ?? [];
  const across = scale([...x, ...clouds.map((p) => p[0])], area.left, area.right, look.xLog, 0);
  const up = scale([...series.flatMap((one) => one.values), ...clouds.map((p) => p[1])].filter((v) => v !== null),
    area.bottom, area.top, look.log);
  const svg = framed(width, area, across, up, { title, xName, yName, comma: look.comma });
  for (const [px, py, kind] of clouds) {
    svg.append(mark(kind, across.place(px), up.place(py), 3.5, { class: `dot s-${COLOURS[kind % 5]}` }));
  }
  const ends = [];
  series.forEach((one, i) => {
    const kind = one.kind ?? i, colour = COLOURS[kind % COLOURS.length];
    const places = one.values.map((v, j) => (Number.isFinite(v) && (!look.log || v > 0) ? [across.place(x[j]), up.place(v)] : null));
    svg.append(s("path", { d: joined(places), class: `curve s-${colour}`, "stroke-dasharray": DASHES[kind % DASHES.length] || null }));
    const known = places.filter(Boolean);
    for (const [px, py] of marked(known, i)) svg.append(mark(kind, px, py, 4, { class: `mark s-${colour} f-${colour}` }));
    if (known.length && series.length > 1) ends.push({ name: one.name, y: known.at(-1)[1], x: known.at(-1)[0], colour, kind });
  });
  svg.append(...named(ends, area));
  const places = (look.stops ?? x.map((_, i) => i)).map((i) => across.place(x[i]));
  return figure({ title, svg, places, area, read, head, rows, words, stale: look.stale });
}

/** Bars between edges, with a count each. */
export function bars({ title, edges, counts, xName, yName, read, head, rows, words, ...look }) {
  const width = Math.max(260, look.width ?? 640);
  const area = { left: LEFT, right: width - 14, top: TOP, bottom: TALL - BOTTOM };
  const across = scale(edges, area.left, area.right, false, 0.01);
  const up = scale([0, ...counts], area.bottom, area.top, false, 0);
  const svg = framed(width, area, across, up, { title, xName, yName, comma: look.comma });
  counts.forEach((count, i) => {
    const left = across.place(edges[i]), right = across.place(edges[i + 1]), top = up.place(count);
    svg.append(s("rect", { x: left, y: top, width: Math.max(1, right - left - 1), height: area.bottom - top, class: "bar" }));
  });
  const places = counts.map((_, i) => (across.place(edges[i]) + across.place(edges[i + 1])) / 2);
  return figure({ title, svg, places, area, read, head, rows, words, stale: look.stale });
}

/** The axes, with round numbers along them. */
function framed(width, area, across, up, { title, xName, yName, comma }) {
  const svg = s("svg", { viewBox: `0 0 ${width} ${TALL}`, width, height: TALL, class: "plot", "aria-hidden": "true" });
  const along = (axis, most) => (axis.log ? decades(axis.low, axis.high) : ticks(axis.low, axis.high, most))
    .filter((v) => v >= axis.low * (axis.log ? 0.999 : 1) - 1e-12 && v <= axis.high * (axis.log ? 1.001 : 1) + 1e-12);
  for (const v of along(up, 5)) {
    const y = up.place(v);
    svg.append(s("line", { x1: area.left, x2: area.right, y1: y, y2: y, class: "grid" }),
      s("text", { x: area.left - 6, y: y + 4, "text-anchor": "end" }, tickText(v, comma)));
  }
  for (const v of along(across, Math.max(2, Math.floor((area.right - area.left) / 70)))) {
    const x = across.place(v);
    svg.append(s("line", { x1: x, x2: x, y1: area.bottom, y2: area.bottom + 5, class: "axis" }),
      s("text", { x, y: area.bottom + 18, "text-anchor": "middle" }, tickText(v, comma)));
  }
  svg.append(s("path", { d: `M${area.left} ${area.top}V${area.bottom}H${area.right}`, class: "axis" }),
    s("text", { x: (area.left + area.right) / 2, y: TALL - 6, "text-anchor": "middle" }, xName ?? ""),
    s("text", { x: 12, y: (area.top + area.bottom) / 2, "text-anchor": "middle", class: "up",
      transform: `rotate(-90 12 ${(area.top + area.bottom) / 2})` }, yName ?? title));
  return svg;
}

/** A path through the known places; more than two a pixel are thinned to the lowest and highest of each pixel. */
function joined(places) {
  let d = "", open = false, column = null, low = 0, high = 0;
  const flush = () => {
    if (column === null) return;
    d += `${open ? "L" : "M"}${column} ${low.toFixed(1)}${low === high ? "" : `L${column} ${high.toFixed(1)}`}`;
    [open, column] = [true, null];
  };
  const dense = places.length > 1500;
  for (const place of places) {
    if (!place) { flush(); open = false; continue; }
    const px = dense ? Math.round(place[0]) : Number(place[0].toFixed(1));
    if (dense && column === px) { low = Math.min(low, place[1]); high = Math.max(high, place[1]); continue; }
    flush();
    [column, low, high] = [px, place[1], place[1]];
  }
  flush();
  return d || "M0 0";
}

/** Some places for markers, not the same ones for two lines. */
const marked = (known, i) => known.filter((_, j) => {
  const step = Math.max(1, Math.ceil(known.length / MARKED));
  return known.length <= MARKED || j % step === Math.floor((i * step) / 4) % step || j === known.length - 1;
});

/** The names at the ends of lines, moved apart where they would lie on each other. */
function named(ends, area) {
  const sorted = [...ends].sort((a, b) => a.y - b.y);
  let free = area.top - LINE;
  for (const end of sorted) free = end.at = Math.max(end.y, free + LINE);
  let limit = area.bottom - 2;
  for (const end of sorted.reverse()) limit = (end.at = Math.min(end.at, limit)) - LINE;
  return sorted.flatMap((end) => [
    s("path", { d: `M${end.x + 4} ${end.y}L${area.right + 10} ${end.at}`, class: "lead" }),
    s("text", { x: area.right + 12, y: end.at + 4, class: `f-${end.colour}` }, end.name),
  ]);
}

/** The drawing, what it says at one place, and the table. */
function figure({ title, svg, places, area, read, head, rows, words, stale }) {
  const line = s("line", { y1: area.top, y2: area.bottom, class: "cursor", visibility: "hidden" });
  const said = h("output", { class: "read", "aria-hidden": "true" }, stale ?? "");
  svg.append(line);
  const last = places.length - 1;
  const reader = h("div", {
    role: "slider", tabindex: "0", class: "reader", "aria-label": `${title}. ${words.keys}`, "aria-valuemin": 0,
    "aria-valuemax": Math.max(0, last), "aria-valuenow": Math.max(0, last), "aria-valuetext": last >= 0 ? read(last) : words.empty,
  }, svg);
  let at = last;
  const show = (i) => {
    if (last < 0) return;
    at = Math.min(last, Math.max(0, i));
    line.setAttribute("x1", places[at]);
    line.setAttribute("x2", places[at]);
    line.setAttribute("visibility", "visible");
    reader.setAttribute("aria-valuenow", at);
    reader.setAttribute("aria-valuetext", read(at));
    said.textContent = read(at);
  };
  reader.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), px = ((event.clientX - box.left) * svg.viewBox.baseVal.width) / box.width;
    show(places.reduce((best, place, i) => (Math.abs(place - px) < Math.abs(places[best] - px) ? i : best), 0));
  });
  reader.addEventListener("focus", () => { if (line.getAttribute("visibility") === "hidden") show(at); });
  reader.addEventListener("keydown", (event) => {
    const far = Math.max(1, Math.round(places.length / 10));
    const move = { ArrowRight: at + 1, ArrowUp: at + 1, ArrowLeft: at - 1, ArrowDown: at - 1, Home: 0, End: last,
      PageUp: at + far, PageDown: at - far }[event.key];
    if (move === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    show(move);
  });
  return h("figure", { class: stale ? "plotted stale" : "plotted" }, h("figcaption", {}, title), reader, said,
    beside(words, title, () => table(head, thinned(rows()))));
}

/** At most so many rows, evenly chosen, the last one among them. */
const thinned = (rows) => {
  const step = Math.ceil(rows.length / MOST_ROWS);
  return rows.filter((_, i) => i % step === 0 || i === rows.length - 1);
};

const open = new Set(); // the titles of tables that somebody reads: they stay open when their plot is drawn anew

/** A table that is made when it is opened. */
export function beside(words, title, made) {
  const inside = h("div", { class: "t", role: "region", tabindex: "0", "aria-label": `${words.table}: ${title}` });
  const details = h("details", { class: "beside", open: open.has(title), ontoggle: () => fill(inside, details.open ? made() : null) },
    h("summary", { onclick: () => open[details.open ? "delete" : "add"](title) }, words.table, h("span", { class: "said" }, `: ${title}`)), inside);
  return details;
}

const widths = new WeakMap(); // of parts, as they were last told

/** Draw when the width of a part has changed by more than a little. */
export function whenResized(root, draw) {
  widths.set(root, root.clientWidth);
  new ResizeObserver(([{ contentRect }]) => {
    const width = Math.floor(contentRect.width);
    if (Math.abs(width - widths.get(root)) < 12 || !width) return;
    widths.set(root, width);
    draw();
  }).observe(root);
}

/** How wide it was when that was last looked at: to measure it would lay out the page in the midst of a change. */
export const widthOf = (root) => widths.get(root) || root.clientWidth;
