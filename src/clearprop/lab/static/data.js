// What is learnt from: built-in cases, made data, a function typed in, points drawn by hand, one's own file; and its rows.
import { fill, h, table } from "./dom.js";
import { parameterFields, readFields, typedField } from "./fields.js";
import { pad } from "./pad.js";

const SOURCES = ["case", "made", "function", "drawn", "file"];
const COUNT = 12;

export function mount(app, root) {
  const t = app.t;
  let source = "case", start = 0, uploaded = null, timer = 0;
  const present = h("div", { class: "present" }), choose = h("div", {}), form = h("div", { class: "form" }), rows = h("div", { class: "rows" });
  const hand = pad(app, app.choices.limits?.points ?? 1000, () => {});
  root.append(present, choose, form, rows);
  const made = () => (app.choices.data ?? []).filter((kind) => kind.name !== "function" && kind.name !== "drawn");
  const typed = () => (app.choices.data ?? []).find((kind) => kind.name === "function");

  const own = (kind) => (kind?.parameters ?? []).filter((one) => !["text", "validation"].includes(one.name));

  function drawPresent() {
    const { data } = app.state;
    const told = t(data.validation_rows ? "data_told_validation" : "data_told", {
      name: data.name ?? data.kind, rows: data.rows, held: data.validation_rows, task: t(`task_${data.task}`),
      inputs: data.inputs.length, outputs: data.outputs.length });
    fill(present, h("h3", {}, t("data_present")), h("p", {}, told),
      data.notes?.length > 0 && h("ul", {}, data.notes.map((note) => h("li", {}, note))));
  }

  function drawChoose() {
    const radio = (name) => h("label", { class: "check" }, h("input", { type: "radio", name: "source", value: name, checked: source === name,
      onchange: () => { source = name; drawForm(); } }), t(`source_${name}`));
    fill(choose, h("h3", {}, t("data_other")), h("fieldset", { class: "row" }, h("legend", { class: "said" }, t("data_other")), SOURCES.map(radio)));
  }

  const button = (key, go) => h("button", { type: "submit", class: "go", onclick: go && ((event) => { event.preventDefault(); go(); }) }, t(key));
  const share = () => h("label", { class: "field" }, h("span", {}, t("validation_share")),
    h("input", { name: "validation", type: "number", min: 0, max: 0.9, step: "any", value: "0.2" }));
  const sent = (body) => app.post("data", body, "data");

  function drawForm() {
    const draw = { case: cases, made: kinds, function: functions, drawn, file }[source];
    fill(form, draw());
    if (source === "drawn") hand.write();
  }

  function asForm(send, ...inside) {
    const element = h("form", { novalidate: true, onsubmit: (event) => { event.preventDefault(); send(readFields(element)); } }, inside.flat());
    return element;
  }

  const cases = () => asForm(({ name }) => sent({ kind: "case", name }), h("fieldset", {}, h("legend", {}, t("source_case")),
    app.choices.cases.map((one) => h("label", { class: "check block" },
      h("input", { type: "radio", name: "name", value: one.name, checked: one.name === (app.state.data.kind === "case" ? app.state.data.name : app.choices.cases[0].name) }),
      h("strong", {}, one.name), ` ${one.widths.join("-")} `, h("span", { class: "note" }, app.words[`case_${one.name}`] ?? one.says)))), button("data_load"));

  function kinds() {
    const fields = h("div", {}), says = h("p", { class: "note" });
    const show = (name) => {
      const kind = made().find((one) => one.name === name);
      fill(says, app.words[`made_${name}`] ?? kind?.says);
      fill(fields, parameterFields(app, own(kind)));
    };
    const first = made()[0]?.name;
    show(first);
    return asForm(({ name, validation, ...rest }) => sent({ kind: name, ...rest, validation }),
      h("label", { class: "field" }, h("span", {}, t("data_kind")), h("select", { name: "name", onchange: (event) => show(event.target.value) },
        made().map((one) => h("option", { value: one.name }, app.words[`kind_${one.name}`] ?? one.name)))), says, fields, h("div", { class: "row" }, share(), button("data_make")));
  }

  const functions = () => asForm(({ text, ...rest }) => sent({ kind: "function", text, ...rest }),
    typedField(app, "text", "function", "sin(3*x) + 0.1*x^2"),
    parameterFields(app, own(typed())), h("div", { class: "row" }, share(), button("data_make")));

  const drawn = () => asForm(({ validation }) => {
    if (hand.points().length < 2) return app.complain(t("pad_few"));
    return sent({ kind: "drawn", points: hand.points(), task: hand.task(), validation });
  }, hand.root, h("div", { class: "row" }, share(), button("pad_use")));

  function file() {
    const found = h("div", {}), input = h("input", { type: "file", id: "own-file", accept: (app.choices.uploads ?? []).join(",") });
    input.addEventListener("change", async () => {
      const [chosen] = input.files, most = app.choices.limits?.upload ?? Infinity;
      fill(found);
      if (!chosen) return;
      if (chosen.size > most) return app.complain(t("file_large", { most: Math.floor(most / 1e6) }));
      const answer = await app.post("upload", new Blob([chosen]), "upload", { query: { name: chosen.name } });
      if (!answer || input.files[0] !== chosen) return;
      uploaded = answer;
      drawColumns(found);
    });
    if (uploaded) drawColumns(found);
    return h("div", {}, h("p", { class: "note" }, t("file_stays")), h("label", { for: "own-file" }, t("file_choose")), " ", input, found);
  }

  function drawColumns(found) {
    const can = uploaded.columns.filter((column) => column.target);
    const likely = uploaded.default_target ?? can.at(-1)?.name;
    const cells = uploaded.columns.map((column) => [
      h("label", { class: "check" }, h("input", { type: "radio", name: "target", value: column.name, disabled: !column.target, checked: column.name === likely }), column.name),
      t(`column_${column.kind}`), column.why_not ?? ""]);
    fill(found, asForm(({ target, validation }) => sent({ kind: "upload", upload: uploaded.upload, target, validation }),
      h("p", {}, t("file_read", { rows: uploaded.rows, columns: uploaded.columns.length })),
      h("fieldset", {}, h("legend", {}, t("file_target")), h("div", { class: "t" }, table([t("column"), t("column_kind"), t("remark")], cells))),
      h("div", { class: "row" }, share(), button("data_use"))));
  }

  async function drawRows() {
    if (!app.isShown(root)) return;
    const answer = await app.get("rows", { start, count: COUNT }, "rows", { quiet: true }).catch(() => null);
    if (!answer) return;
    if (start && start >= answer.n) { start = 0; return drawRows(); }
    const shown = app.state.batch.looking_at;
    const head = [t("row"), ...answer.columns, t("row_target"), t("row_predicted"), t("set"), t("row_look")];
    const cells = answer.rows.map((row) => [String(row.row + 1), ...(row.raw ?? row.input_texts ?? []), row.target ?? "",
      `${row.predicted ?? ""}${row.right === true ? " ✓" : row.right === false ? " ✗" : ""}`, t(row.set),
      h("button", { type: "button", "aria-pressed": String(row.row === shown), "aria-label": t("row_look_at", { n: row.row + 1 }),
        onclick: () => app.post("look", { row: row.row === shown ? null : row.row }) }, t(row.row === shown ? "row_shown" : "row_look"))]);
    const page = (by, key) => h("button", { type: "button", disabled: start + by < 0 || start + by >= answer.n,
      onclick: () => { start += by; drawRows(); } }, t(key));
    const focused = rows.contains(document.activeElement) ? [...rows.querySelectorAll("button")].indexOf(document.activeElement) : -1;
    fill(rows, h("h3", {}, t("rows")), h("div", { class: "t", role: "region", tabindex: "0", "aria-label": t("rows") }, table(head, cells)),
      answer.n > COUNT && h("div", { class: "row" }, page(-COUNT, "before"),
        t("of_many", { from: start + 1, to: Math.min(answer.n, start + COUNT), n: answer.n }), page(COUNT, "after")));
    if (focused >= 0) rows.querySelectorAll("button")[focused]?.focus();
  }

  const later = () => { clearTimeout(timer); timer = setTimeout(drawRows, 300); };
  app.on("later", () => { drawPresent(); later(); });
  app.on("shown", (id) => { if (id === root.id) drawRows(); });
  app.on("look", () => { drawPresent(); drawChoose(); drawForm(); drawRows(); });
  drawPresent();
  drawChoose();
  drawForm();
  drawRows();
}
