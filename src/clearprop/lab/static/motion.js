// Signals move along the arrows that a step has just used, errors the other way; nothing moves where that is not wanted.

import { s } from "./dom.js";

const LASTS = 650; // ms, from one layer to the next
export const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Show the way from the state before to this one. */
export function move(figure, drawing, before, app) {
  const { cursor, time } = app.state;
  if (still.matches || time.is_running || document.hidden || !before.cursor) return;
  const isSame = before.time.step === time.step;
  if (cursor.layer === null || (isSame ? cursor.at <= before.cursor.at : before.time.step > time.step)) return;
  if (cursor.phase === drawing.view) ways(figure, drawing, isSame ? before.cursor : {}, cursor).forEach(flow);
}

/** For each layer that the step went through, one after another, the arrows that it used. */
function ways(figure, drawing, before, cursor) {
  const isBack = cursor.phase === "backward", depth = drawing.layers.length - 1;
  const by = isBack ? -1 : 1;
  const isUnderWay = before.phase === cursor.phase && before.layer !== null;
  const first = !isUnderWay ? (isBack ? depth : 1) : before.layer === cursor.layer ? cursor.layer : before.layer + by;
  const layers = Array.from({ length: Math.max(0, (cursor.layer - first) * by + 1) }, (_, i) => first + i * by);
  return layers.map((layer, i) => {
    const neuron = layer === cursor.layer ? cursor.neuron : null;
    const edges = drawing.edges.filter((edge) => edge.layer === layer + (isBack ? 1 : 0)
      && (neuron === null || (isBack ? edge.from : edge.to) === neuron));
    const ends = isBack && layer === depth ? [...figure.layers.edges.querySelectorAll(".end")] : [];
    const d = [...ends.map((end) => end.getAttribute("d")), ...edges.map((edge) => figure.items.get(edge.name).d)].join("");
    return { root: figure.layers.flow, d, delay: i * LASTS, kind: isBack ? "error" : "signal" };
  });
}

function flow({ root, d, delay, kind }) {
  if (!d) return;
  const dots = s("path", { class: `moving ${kind}`, d });
  root.append(dots);
  const moving = dots.animate([{ strokeDashoffset: 0, opacity: 1 }, { strokeDashoffset: -72, opacity: 1 }],
    { duration: LASTS, delay, easing: "linear" });
  moving.onfinish = () => dots.remove();
  moving.oncancel = moving.onfinish;
}
