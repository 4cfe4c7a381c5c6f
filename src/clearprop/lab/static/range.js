// The range test of the learning rate: one short training at growing rates; the curve says where it still learns.
import { fill, h } from "./dom.js";
import { lines, whenResized } from "./plot.js";

export function rangeTest(app, section, root) {
  const t = app.t, result = h("div", { "aria-live": "polite" });
  let found = null;

  async function ask(event) {
    event.preventDefault();
    const fields = Object.fromEntries([...new FormData(event.target)].map(([name, text]) => [name, text.trim().replace(",", ".")]));
    const answer = await app.get("range", fields, "range");
    if (!answer) return;
    found = answer;
    draw();
  }

  function draw() {
    if (!found) return;
    const isOld = found.revision !== app.state.revision, { rates, losses, smoothed, rate_texts: rateTexts, loss_texts: lossTexts } = found;
    const finite = (values) => values.map((v) => (Number.isFinite(v) ? v : null));
    fill(result, h("p", {}, found.says), lines({
      title: t("range_plot"), x: rates, xLog: true, xName: t("rate"), yName: t("loss"), width: Math.min(640, section.clientWidth - 8),
      log: losses.filter((v) => v > 0).length > 2 && Math.max(...losses.filter(Number.isFinite)) > 100 * Math.min(...losses.filter((v) => v > 0)),
      series: [{ name: t("loss"), values: finite(losses) }, { name: t("range_smoothed"), values: finite(smoothed) }], comma: app.look.comma, stale: isOld ? t("range_old") : "",
      read: (i) => `${t("rate")} ${rateTexts[i]}: ${t("loss")} ${lossTexts[i]}`, head: [t("rate"), t("loss")],
      rows: () => rates.map((_, i) => [rateTexts[i], lossTexts[i]]), words: { keys: t("plot_keys"), table: t("plot_table"), empty: t("plot_empty") },
    }), found.suggested && h("button", { type: "button", disabled: isOld, onclick: () => app.post("set", { of: "rate", value: found.suggested }) },
      t("range_take", { rate: found.suggested_text ?? "" })));
  }

  function write() {
    const field = (name, value) => h("label", { class: "field" }, h("span", {}, t(`range_${name}`)), h("input", { name, type: "text", inputmode: "decimal", value }));
    fill(root, h("h3", {}, t("range_heading")), h("p", { class: "note" }, t("range_words")),
      h("form", { novalidate: true, onsubmit: ask }, h("div", { class: "grid" }, field("low", "1e-5"), field("high", "10"), field("steps", "60")),
        h("button", { type: "submit", class: "go" }, t("range_go"))), result);
    draw();
  }

  app.on("later", draw);
  app.on("look", () => { found = null; fill(result); write(); });
  whenResized(section, draw);
  write();
}
