// Signals move along the arrows that a step has just used, errors the other way; nothing moves where that is not wanted.

import { s } from "./dom.js";

const LASTS = 650; // ms
const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Show the way from the state before to this one. */
export function move(figure, drawing, before, app) {
  const { cursor, time } = app.state;
  if (still.matches || time.is_running || !before.cursor || document.hidden) return;
  const isOnward = time.step === before.time.step ? cursor.at > before.cursor.at : time.step > before.time.step;
  if (!isOnward || cursor.layer === null) return;
  const layers = movedLayers(cursor, before, time);
  const isBack = cursor.phase === "backward";
  if ((isBack ? "backward" : "forward") !== drawing.view) return;
  const edges = drawing.edges.filter((edge) => layers.includes(edge.layer) && isTouched(edge, cursor, isBack));
  const d = edges.map((edge) => figure.items.get(edge.name).d).join("");
  const ways = isBack && cursor.layer === drawing.layers.length - 1
    ? [...figure.layers.edges.querySelectorAll(".end")].map((end) => end.getAttribute("d")).join("") : d;
  if (ways) flow(figure, ways, isBack ? "error" : "signal");
}

/** The arrows between the layers that the step went through. */
function movedLayers(cursor, before, time) {
  const shift = cursor.phase === "backward" ? 1 : 0;
  const last = cursor.layer + shift;
  const isSame = before.time.step === time.step && before.cursor.phase === cursor.phase && before.cursor.layer !== null;
  const first = isSame ? before.cursor.layer + shift : last;
  const [low, high] = [Math.min(first, last), Math.max(first, last)];
  const all = Array.from({ length: high - low + 1 }, (_, i) => low + i);
  return all.filter((layer) => layer !== first || first === last);
}

function isTouched(edge, cursor, isBack) {
  if (cursor.neuron === null || edge.layer !== cursor.layer + (isBack ? 1 : 0)) return true;
  return (isBack ? edge.from : edge.to) === cursor.neuron;
}

function flow(figure, d, kind) {
  const dots = s("path", { class: `moving ${kind}`, d });
  figure.layers.flow.append(dots);
  const moving = dots.animate([{ strokeDashoffset: 0 }, { strokeDashoffset: -72 }], { duration: LASTS, easing: "linear" });
  moving.onfinish = () => dots.remove();
  moving.oncancel = moving.onfinish;
}
