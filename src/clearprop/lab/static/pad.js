// Points drawn by hand: by mouse or finger, by arrow keys, or typed as lines of text, which are the table beside it.
import { fill, h, s } from "./dom.js";
import { mark, tickText } from "./plot.js";

const SIZE = 320, REACH = 1, STEP = 0.05, APART = 16, CLASSES = 4;

/** A pad; `changed` is told of each change. `pad.points()` are [x, y, class] or, for a regression, [x, y]. */
export function pad(app, most, changed) {
  const t = app.t;
  let points = [], kind = 0, isRubber = false, at = [0, 0], before = null, task = "classification";
  const svg = s("svg", { viewBox: `0 0 ${SIZE} ${SIZE}`, width: SIZE, height: SIZE, "aria-hidden": "true" });
  const surface = h("div", { class: "pad", tabindex: "0", role: "application", "aria-describedby": "pad-keys" }, svg);
  const text = h("textarea", { id: "pad-text", rows: 8, spellcheck: "false", autocomplete: "off" });
  const problem = h("p", { class: "problem", role: "alert" });
  const kinds = h("div", { class: "row" }), labels = h("div", {});
  const place = ([x, y]) => [((x + REACH) / (2 * REACH)) * SIZE, SIZE - ((y + REACH) / (2 * REACH)) * SIZE];
  const rounded = (v) => Math.round(Math.min(REACH, Math.max(-REACH, v)) * 1000) / 1000;
  const isClasses = () => task === "classification";

  function draw() {
    const middle = SIZE / 2;
    fill(svg, s("path", { d: `M0 ${middle}H${SIZE}M${middle} 0V${SIZE}`, class: "axis" }),
      [["−1", 4, middle - 5], ["1", SIZE - 12, middle - 5], ["1", middle + 5, 13], ["−1", middle + 5, SIZE - 5]].map(([word, x, y]) => s("text", { x, y }, word)),
      points.map((p) => mark(isClasses() ? p[2] : 0, ...place(p), 5, { class: "point" })));
    const [x, y] = place(at);
    svg.append(s("path", { d: `M${x - 9} ${y}h18M${x} ${y - 9}v18`, class: "cross" }));
    if (document.activeElement !== text) text.value = points.map((p) => p.slice(0, isClasses() ? 3 : 2).join(", ")).join("\n");
  }

  function change(next) {
    if (next.length > most) return say(t("pad_most", { n: most }));
    points = next;
    problem.textContent = "";
    draw();
    return changed();
  }

  const nearest = ([x, y]) => points.map((p, i) => [Math.hypot(p[0] - x, p[1] - y), i]).sort((a, b) => a[0] - b[0])[0];
  const say = (sentence) => { app.say(sentence); problem.textContent = sentence; };
  const spoken = ([x, y]) => `${tickText(x, app.look.comma)}; ${tickText(y, app.look.comma)}`;

  function put(spot, erase) {
    const near = nearest(spot);
    if (!erase) change([...points, [...spot.map(rounded), kind]]);
    else if (near && near[0] < 0.1) change(points.filter((_, i) => i !== near[1]));
  }

  const spotOf = (event) => {
    const box = svg.getBoundingClientRect();
    return [((event.clientX - box.left) / box.width) * 2 * REACH - REACH, REACH - ((event.clientY - box.top) / box.height) * 2 * REACH];
  };
  surface.addEventListener("pointerdown", (event) => {
    surface.setPointerCapture(event.pointerId);
    before = [event.clientX, event.clientY];
    at = spotOf(event).map(rounded);
    put(at, isRubber);
    event.preventDefault();
    surface.focus({ preventScroll: true });
  });
  surface.addEventListener("pointermove", (event) => {
    if (!before || Math.hypot(event.clientX - before[0], event.clientY - before[1]) < APART) return;
    before = [event.clientX, event.clientY];
    put(spotOf(event), isRubber);
  });
  for (const end of ["pointerup", "pointercancel"]) surface.addEventListener(end, () => { before = null; });
  surface.addEventListener("keydown", (event) => {
    const step = event.shiftKey ? STEP * 4 : STEP;
    const move = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, step], ArrowDown: [0, -step] }[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (move) {
      at = at.map((v, i) => rounded(v + move[i]));
      app.say(spoken(at));
    } else if (event.key === "Enter" || event.key === " ") {
      put(at, false);
      app.say(t("pad_put", { at: spoken(at), n: points.length }));
    } else if (event.key === "Delete" || event.key === "Backspace") {
      put(at, true);
      app.say(t("pad_count", { n: points.length }));
    } else if (isClasses() && "1234".includes(event.key)) pick(Number(event.key) - 1);
    else return;
    event.preventDefault();
    event.stopPropagation();
    draw();
  });

  /** Lines of numbers, or a sentence about the first that is none. */
  text.addEventListener("input", () => {
    const width = isClasses() ? 3 : 2, found = [], lines = text.value.split("\n");
    for (const [i, line] of lines.entries()) {
      if (!line.trim()) continue;
      const numbers = line.split(/[,;\s]+/).filter(Boolean).map((word) => Number(word.replace("−", "-")));
      const isClass = !isClasses() || (Number.isInteger(numbers[2]) && numbers[2] >= 0 && numbers[2] < CLASSES);
      if (numbers.length !== width || !numbers.every(Number.isFinite) || !isClass)
        return say(t(isClasses() ? "pad_line_class" : "pad_line", { n: i + 1 }));
      found.push([...numbers, ...(isClasses() ? [] : [0])]);
    }
    return change(found);
  });

  function pick(k) {
    kind = k;
    isRubber = false;
    drawKinds();
    app.say(t("pad_class", { n: k }));
  }

  function drawKinds() {
    const radio = (checked, words, set, shape) => h("label", { class: "check" },
      h("input", { type: "radio", name: "pad-kind", checked, onchange: set }), shape, words);
    const shape = (k) => s("svg", { width: 18, height: 16, "aria-hidden": "true" }, mark(k, 9, 8, 5, { class: "point" }));
    const all = isClasses() ? Array.from({ length: CLASSES }, (_, k) => radio(!isRubber && kind === k, String(k), () => pick(k), shape(k)))
      : [radio(!isRubber, t("pad_pen"), () => { isRubber = false; })];
    fill(kinds, h("fieldset", { class: "row" }, h("legend", {}, t(isClasses() ? "pad_classes" : "pad_what")), all,
      radio(isRubber, t("pad_rubber"), () => { isRubber = true; })));
  }

  const choose = (value) => h("label", { class: "check" }, h("input", { type: "radio", name: "pad-task", value, checked: task === value,
    onchange: () => { task = value; drawKinds(); draw(); changed(); } }), t(`task_${value}`));

  function write() {
    surface.setAttribute("aria-label", t("pad_label"));
    fill(labels, h("fieldset", { class: "row" }, h("legend", {}, t("task")), choose("classification"), choose("regression")), kinds,
      h("p", { id: "pad-keys", class: "note" }, t("pad_keys")));
    drawKinds();
    draw();
  }

  const beside = h("div", {}, h("label", { for: "pad-text", class: "pad-words" }), text,
    h("button", { type: "button", class: "pad-clear", onclick: () => change([]) }));
  const root = h("div", {}, labels, h("div", { class: "pads" }, surface, beside), problem);
  return {
    root,
    write: () => {
      write();
      beside.querySelector("label").textContent = t("pad_lines");
      beside.querySelector("button").textContent = t("pad_clear");
    },
    points: () => points.map((p) => p.slice(0, isClasses() ? 3 : 2)),
    task: () => task,
  };
}
