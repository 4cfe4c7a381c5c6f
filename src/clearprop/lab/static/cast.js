// The players of the number-guessing game as a scene: a horn, porters on the weights, perhaps a girl, the guesser in his
// yellow cap, a blue cat. What is not yet known in the round is not shown; porters walk forward with the signal and the
// very same ones back with the error. Weights that the error reaches directly are solid, the others dashed.
import { s } from "./dom.js";

const STEP = 210, HEIGHT = 300, FIRST = 70, FLOOR = 236, HAND = 138, BACK = 194;
const SKIN = "#f2cfae", INK = "#1b1b1f", CAP = "#f2c200", CAT = "#3b74c9", DRESS = "#c2557a", COAT = "#5d6b7a", WALK = 900;

const text = (x, y, words, colour = "ink", attributes = {}) => s("text", { x, y, "text-anchor": "middle", class: `f-${colour}`, ...attributes }, words);
const path = (d, attributes = {}) => s("path", { d, ...attributes });

function arrow(from, to, y, colour, dashed) {
  const way = Math.sign(to - from), end = to - 11 * way;
  return [s("line", { x1: from, x2: end, y1: y, y2: y, class: `s-${colour}`, "stroke-width": 2.5, "stroke-dasharray": dashed ? "7 4" : null }),
    path(`M${to} ${y}L${end} ${y + 5}v-10z`, { class: `f-${colour}` })];
}

function porter(x, y, way, words = "") {
  const b = y - 3;
  return s("g", { class: "porter s-ink", "stroke-width": 2 },
    path(`M${x - 6} ${b}l6 -12l6 12M${x} ${b - 12}v-13M${x - 9} ${b - 31}l9 9l9 -9M${x + 6 * way} ${b}h${3 * way}`, { fill: "none" }),
    s("circle", { cx: x, cy: b - 29, r: 4.5, fill: SKIN }), s("rect", { x: x - 11, y: b - 45, width: 22, height: 11, fill: "#c89b5a" }),
    words && text(x, b - 50, words, "ink", { class: "load f-ink", stroke: "none" }));
}

const horn = (x) => s("g", {},
  path(`M${x - 26} ${HAND - 8}h14l26 -18v52l-26 -18h-14z`, { fill: "#8a8f98", stroke: INK }),
  [4, 10, 16].map((r) => path(`M${x + 22 + r} ${HAND - r - 4}a${r + 8} ${r + 8} 0 0 1 0 ${2 * r + 8}`, { class: "s-ink", fill: "none", "stroke-width": 2 })));

const person = (x, coat, ...head) => s("g", { class: "s-ink person", "stroke-width": 1.5 },
  path(`M${x - 9} ${FLOOR}v-34M${x + 9} ${FLOOR}v-34`, { "stroke-width": 7, stroke: "#6a6a75" }),
  path(`M${x - 22} ${FLOOR - 30}q2 -62 22 -62q20 0 22 62z`, { fill: coat }), s("circle", { cx: x, cy: FLOOR - 110, r: 20, fill: SKIN }),
  [5, 13].map((d) => s("circle", { cx: x + d, cy: FLOOR - 112, r: 1.5, fill: INK })), path(`M${x + 4} ${FLOOR - 102}q6 4 10 -1`, { fill: "none", stroke: INK }), head.flat());
const cap = (x) => [path(`M${x - 21} ${FLOOR - 119}q1 -21 21 -21q19 0 21 20z`, { fill: CAP }), path(`M${x + 6} ${FLOOR - 119}q18 -6 30 2q-14 4 -30 2z`, { fill: CAP })];
const hair = (x) => path(`M${x + 19} ${FLOOR - 118}q-6 -18 -24 -15q-19 3 -18 28q0 16 -5 26q14 -2 15 -16q-4 -18 4 -24q14 2 28 1z`, { fill: "#5a3a22" });
const cat = (x, y = FLOOR) => s("g", { class: "person" },
  s("g", { class: "s-ink", "stroke-width": 1.5, fill: CAT }, path(`M${x + 26} ${y - 6}q28 -4 18 -38q-3 -8 -9 -4q8 20 -9 26z`),
    path(`M${x - 20} ${y}q-2 -48 22 -48q26 0 26 48z`), path(`M${x - 25} ${y - 60}l-1 -24l16 10h14l16 -10l-1 24z`), s("circle", { cx: x - 3, cy: y - 60, r: 21 })),
  [-11, 2].map((d) => s("circle", { cx: x + d, cy: y - 63, r: 4.5, fill: "#fff", stroke: INK })), [-12, 1].map((d) => s("circle", { cx: x + d, cy: y - 63, r: 2, fill: INK })),
  path(`M${x - 8} ${y - 54}l3 3l3 -3m-22 2h-10m10 5l-9 3m42 -8h10m-10 5l9 3`, { class: "s-ink", fill: "none" }));

/** What somebody says. */
function bubble(x, y, words, tail) {
  const half = Math.max(28, [...words].reduce((sum, c) => sum + (c > "⺀" ? 16 : 8.5), 0) / 2 + 10);
  const dx = Math.max(-half + 12, Math.min(half - 12, tail[0] - x));
  return s("g", { class: "bubble" }, path(`M${x + dx - 8} ${y + 15}L${tail[0]} ${tail[1]}L${x + dx + 8} ${y + 15}z`, { fill: "#fff", stroke: INK }),
    s("rect", { x: x - half, y: y - 17, width: 2 * half, height: 34, rx: 15, fill: "#fff", stroke: INK }),
    path(`M${x + dx - 7.4} ${y + 14}h14.8v3h-14.8z`, { fill: "#fff" }), s("text", { x, y: y + 5, "text-anchor": "middle", "font-size": 15, fill: INK }, words));
}

/** Which acts of the round have happened, by name; an act of before this round has not. */
const happened = (round, upTo) => new Set(round.acts.slice(0, upTo + 1).map((act) => act.key.replace(/^cat_says_.*/, "cat_says")));

/**
 * The scene after an act of a round, with the act itself as a movement that lasts `ms`; 0 for none.
 *
 * `words` gives figure_signal, figure_girl, …; returns the <svg>.
 */
export function scene(game, n, upTo, words, ms) {
  const round = game.rounds[n], done = happened(round, upTo), key = round.acts[upTo]?.key.replace(/^cat_says_.*/, "cat_says"), { texts } = round;
  const depth = game.players === 3 ? 2 : 1, guesser = FIRST + STEP * depth, girl = FIRST + STEP, seat = guesser + 170, wide = guesser + 280;
  const svg = s("svg", { viewBox: `0 0 ${wide} ${HEIGHT}`, class: "scene wide", "aria-hidden": "true" },
    s("line", { x1: 10, x2: wide - 10, y1: FLOOR, y2: FLOOR, class: "s-rule", "stroke-width": 2 }),
    horn(FIRST), text(FIRST, FLOOR + 20, words("figure_signal")), text(FIRST, 92, texts["a0[0]"]));
  const passes = depth === 2 ? ["girl_hears", "guesser_hears_girl"] : ["hears"];
  for (let l = 1; l <= depth; l++) weight(svg, game, round, l, depth, done, key === passes[l - 1], ms);
  if (depth === 2) {
    svg.append(person(girl, DRESS, hair(girl)), text(girl, FLOOR + 20, words("figure_girl")));
    if (done.has("girl_hears")) svg.append(text(girl, 66, texts["a1[0]"]));
    if (done.has("cat_silent")) carriedBack(svg, girl, guesser, texts["error1[0]"], key === "cat_silent" ? ms : 0);
  }
  svg.append(person(guesser, COAT, cap(guesser)), text(guesser, FLOOR + 20, words("figure_guesser")), cat(seat), text(seat, FLOOR + 20, words("figure_cat")),
    text(seat, 28, words("figure_wanted", { y: texts["y[0]"] })));
  if (done.has("guesses")) appear(svg, bubble(guesser + 60, 58, texts[`a${depth}[0]`], [guesser + 24, 106]), key === "guesses" ? ms : 0);
  if (done.has("cat_says")) {
    const said = round.acts.find((act) => act.key.startsWith("cat_says")).key;
    appear(svg, bubble(seat + 40, 128, words(said === "cat_says_low" ? "game_low" : said === "cat_says_high" ? "game_high" : "game_right"), [seat - 8, 160]), key === "cat_says" ? ms : 0);
    svg.append(...arrow(seat - 50, guesser + 42, BACK, "output", false), text((seat + guesser) / 2 - 2, BACK + 18, `δ = ${texts[`delta${depth}[0]`]}`, "output"));
  }
  svg.append(text(wide / 2, HEIGHT - 12, words("figure_legend"), "grey"));
  return svg;
}

/** A weight with its porter; the number is the new one once somebody has learnt. */
function weight(svg, game, round, l, depth, done, isWalking, ms) {
  const from = FIRST + STEP * (l - 1) + 48, to = FIRST + STEP * l - 48, middle = (from + to) / 2;
  const isLearnt = done.has(l === depth ? "guesser_learns" : "girl_learns"), name = `W${l}${isLearnt ? "_new" : ""}`;
  const sign = round.signs?.[name] ?? round.signs?.[`W${l}`] ?? 1, colour = sign < 0 ? "negative" : "positive";
  const shown = round.texts[`${name}[0,0]`];
  svg.append(...arrow(from, to, HAND, colour, !game.direct[`W${l}[0,0]`]), text(middle, HAND - 74, sign < 0 ? shown : `+${shown}`, colour, isLearnt ? { "font-weight": "bold" } : {}));
  const figure = porter(middle, HAND, 1, isWalking ? round.texts[`a${l - 1}[0]`] : "");
  svg.append(figure);
  if (isWalking) walk(figure, from - middle + 12, to - middle - 18, ms);
}

function carriedBack(svg, girl, guesser, error, ms) {
  const middle = (girl + guesser) / 2;
  const figure = porter(middle, BACK, -1, "");
  svg.append(...arrow(guesser - 48, girl + 48, BACK, "hidden", true), figure, text(middle, BACK + 18, error, "hidden"));
  walk(figure, guesser - 60 - middle, girl + 64 - middle, ms);
}

function walk(figure, from, to, ms) {
  if (!ms) return;
  const steps = 8, time = Math.min(ms, WALK * 2);
  figure.animate(Array.from({ length: steps + 1 }, (_, i) => ({ transform: `translate(${from + ((to - from) * i) / steps}px, ${i % 2 ? -3 : 0}px)` })), { duration: time, easing: "linear" });
}

function appear(svg, element, ms) {
  svg.append(element);
  if (ms) element.animate([{ opacity: 0 }, { opacity: 1 }], { duration: Math.min(ms, 300) });
}
