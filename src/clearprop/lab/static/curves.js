// How the training goes: loss, learning rate, norms of the gradient and of δ layer by layer, activations, scores.
// Points are asked for where the last answer ended; a curve that was cut (`run` is another) begins again at 0.
import { fill, h, table } from "./dom.js";
import { download } from "./download.js";
import { bars, lines, whenResized, widthOf } from "./plot.js";

const EVERY = 250, QUIET = 400; // ms between two drawings while it trains, and until what costs more is asked for
const DASH = "–";

export function mount(app, root) {
  const t = app.t;
  let points = [], next = 0, run = null, heard = null, asked = 0, timer = 0, quiet = 0, wanted = false;
  let histogram = null, layer = 1, along = "step", linear = false;
  const plots = h("div", { class: "plots" }), said = h("div", { class: "says" }), units = h("div", {}), scores = h("div", {});
  const head = h("div", { class: "row" });
  root.append(head, said, scores, plots, units);

  const words = () => ({ keys: t("plot_keys"), table: t("plot_table"), empty: t("plot_empty") });
  const isWatch = () => app.state.mode === "watch";
  const layers = () => (app.state.network.widths?.slice(1) ?? points[0]?.gradient ?? []).map((_, i) => i + 1);
  const shownWidth = () => Math.min(720, widthOf(root) - 8);

  function begin() {
    [points, next, run] = [[], 0, null];
  }

  async function fetchCurves() {
    wanted = true;
    if (!app.isShown(root) || timer) return;
    timer = setTimeout(() => { timer = 0; if (wanted) fetchCurves(); }, EVERY);
    wanted = false;
    const mine = ++asked;
    const answer = await app.get("curves", { since: next, run }, "curves");
    if (!answer || mine !== asked) return;
    const from = answer.since ?? (answer.run === run || run === null ? next : 0);
    const isNew = !heard || answer.points.length > 0 || from < points.length || (answer.run ?? null) !== run;
    points = [...points.slice(0, from), ...answer.points];
    [next, run, heard] = [answer.next, answer.run ?? null, answer];
    if (isNew) draw(); // otherwise whoever reads a point keeps his place
    clearTimeout(quiet);
    if (!isWatch()) quiet = setTimeout(() => { if (app.isShown(root) && !app.state.time.is_running) rest(); }, QUIET);
  }

  /** What costs more than reading a list: only while the training stands still. */
  async function rest() {
    await scored();
    const found = layers().length > 1 ? Math.min(layer, layers().length) : 1;
    const answer = await app.get("histogram", { layer: found, bins: 24 }, "histogram", { quiet: true }).catch(() => null);
    if (answer) histogram = answer;
    drawUnits();
  }

  async function scored() {
    const answer = await app.get("scores", {}, "scores", { quiet: true }).catch(() => null);
    drawScores(answer ?? app.state.scores);
  }

  const column = (name, i) => points.map((p) => number(i === undefined ? p[name] : p[name]?.[i]));
  const number = (v) => (typeof v === "number" && Number.isFinite(v) ? v : null);
  const text = (p, name, i) => (i === undefined ? p.texts?.[name] : p.texts?.[name]?.[i]) ?? DASH;
  const x = () => points.map((p) => p[along]);

  function plot(title, series, log) {
    const reads = (i) => `${t(along)} ${points[i][along]}: ${series.map((one) => `${one.name} ${one.text(points[i])}`).join(t("list"))}`;
    return lines({
      title, x: x(), xName: t(along), yName: title, series, log, read: reads, words: words(), width: shownWidth(), comma: app.look.comma,
      head: [t("step"), t("epoch"), ...series.map((one) => one.name)],
      rows: () => points.map((p) => [p.step, p.epoch, ...series.map((one) => one.text(p))]),
    });
  }

  const one = (name, label) => ({ name: label, values: column(name), text: (p) => text(p, name) });
  const each = (name) => layers().map((l, i) => ({ name: t("layer_n", { n: l }), values: column(name, i), text: (p) => text(p, name, i) }));

  function draw() {
    drawHead();
    fill(said, [...(heard?.says ?? []), ...(heard?.layers ?? []).filter((l) => l.verdict !== "fine").map((l) => l.says)]
      .map((sentence) => h("p", {}, sentence)));
    if (points.length < 2) return fill(plots, h("p", { class: "empty" }, t("curves_empty")));
    const losses = [one("loss", t("training"))];
    if (points.some((p) => number(p.validation_loss) !== null)) losses.push(one("validation_loss", t("validation")));
    const drawn = [plot(t("loss"), losses, !linear && apart(losses))];
    if (points[0].gradient?.length) drawn.push(plot(t("gradient_norm"), each("gradient"), !linear));
    if (points[0].delta?.length) drawn.push(plot(t("delta_norm"), each("delta"), !linear));
    for (const score of Object.keys(points.at(-1).scores ?? {}).filter((key) => key !== "validation_loss"))
      drawn.push(plot(score, [{ name: score, values: points.map((p) => number(p.scores?.[score])), text: (p) => p.texts?.scores?.[score] ?? DASH }], false));
    if (new Set(column("rate")).size > 1) drawn.push(plot(t("rate"), [one("rate", t("rate"))], false));
    fill(plots, drawn);
  }

  /** Whether a line spans so much that only powers of ten show it. */
  const apart = (series) => {
    const known = series.flatMap((s) => s.values).filter((v) => v > 0);
    return Math.max(...known) > 30 * Math.min(...known);
  };

  function drawHead() {
    const chosen = (name, names, now, set) => h("label", { class: "choice" }, h("span", {}, t(name)), h("select", {
      onchange: (event) => { set(event.target.value); draw(); } }, names.map((v) => h("option", { value: v, selected: v === now }, t(`${name}_${v}`)))));
    if (head.contains(document.activeElement)) return;
    fill(head,
      isWatch() && h("p", { class: "watched" }, watching()),
      chosen("along", ["step", "epoch"], along, (v) => { along = v; }),
      chosen("scale", ["log", "linear"], linear ? "linear" : "log", (v) => { linear = v === "linear"; }),
      app.link && download(app, t("curves_csv"), () => ["export/curves", {}]));
  }

  function watching() {
    const { title, time, network, reason } = app.state;
    const told = t(time.is_running ? "watch_running" : "watch_ended", { title, epoch: time.epoch });
    return [told, network.widths && t("watch_network", { widths: network.widths.join("-") }), reason].filter(Boolean).join(" ");
  }

  function drawScores(found) {
    if (isWatch() || !found) return fill(scores);
    const isOld = found.revision !== undefined && found.revision !== app.state.revision;
    const kinds = ["loss", "accuracy", "r2"].filter((kind) => found.training?.texts?.[kind] !== undefined);
    const rows = ["training", "validation"].filter((set) => found[set]).map((set) =>
      [t(set), String(found[set].rows), ...kinds.map((kind) => found[set].texts?.[kind] ?? DASH)]);
    fill(scores, h("div", { class: isOld ? "stale" : "" },
      h("div", { class: "t" }, table([t("set"), t("rows"), ...kinds.map((kind) => t(`score_${kind}`))], rows,
        isOld ? t("scores_old", { step: found.at_step }) : t("scores_at", { step: found.at_step })))));
    scores.dataset.revision = found.revision;
  }

  function drawUnits() {
    if (!histogram || isWatch()) return fill(units);
    const isOld = histogram.revision !== app.state.revision;
    units.classList.toggle("stale", isOld);
    const { counts, edges, edge_texts: texts } = histogram;
    const between = (i) => t("between", { low: texts?.[i] ?? "", high: texts?.[i + 1] ?? "" });
    const title = t("histogram", { n: histogram.layer });
    const pick = layers().length > 1 && h("label", { class: "choice" }, h("span", {}, t("histogram_layer")), h("select", {
      onchange: (event) => { layer = Number(event.target.value); rest(); } },
      layers().map((l) => h("option", { value: l, selected: l === histogram.layer }, t("layer_n", { n: l })))));
    const focused = units.contains(document.activeElement) && document.activeElement.localName === "select";
    fill(units, pick, h("p", {}, histogram.says), bars({
      title, edges, counts, xName: t("activation"), yName: t("count"), words: words(), width: shownWidth(), comma: app.look.comma,
      stale: isOld ? t("stale") : "", read: (i) => `${between(i)}: ${counts[i]}`, head: [t("activation"), t("count")],
      rows: () => counts.map((count, i) => [between(i), String(count)]),
    }));
    if (focused) units.querySelector("select").focus();
  }

  app.on("state", () => { // nothing of older weights stands beside new ones as if it were theirs
    if (scores.dataset.revision !== undefined && Number(scores.dataset.revision) !== app.state.revision) drawScores(app.state.scores ?? null);
    units.classList.toggle("stale", Boolean(histogram) && histogram.revision !== app.state.revision);
  });
  app.on("later", (before) => {
    if (histogram) drawUnits();
    if (before?.network?.widths?.join() !== app.state.network?.widths?.join()) histogram = null;
    fetchCurves();
  });
  app.on("record", fetchCurves);
  app.on("shown", (id) => { if (id === root.id) fetchCurves(); });
  app.on("look", () => { begin(); histogram = null; fill(head); fetchCurves(); });
  whenResized(root, () => { draw(); drawUnits(); });
  drawHead();
  fetchCurves();
}
