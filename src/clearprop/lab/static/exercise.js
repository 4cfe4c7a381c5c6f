// An exercise in the page: the present step with blanks, checked as `clearprop check` does, each mistake named; and sheets
// for a class. The right numbers of the blanks are not in the page before they were checked.
import { fill, h } from "./dom.js";
import { download } from "./download.js";

const BLANKS = 6;

export function mount(app, root) {
  const t = app.t;
  let paper = null, step = null, revision = 0, answers = {}, verdicts = new Map(), seed = 1, blank = BLANKS;
  const ask = h("div", {}), sheet = h("div", {}), sheets = h("div", {});
  const names = h("textarea", { name: "names", rows: 4, spellcheck: "false", id: "class-names" });
  root.append(ask, sheet, sheets);
  const field = (name, label, value, attributes = {}) => h("label", { class: "field" }, h("span", {}, label),
    h("input", { name, type: "text", inputmode: "numeric", autocomplete: "off", value, ...attributes }));

  function drawAsk() {
    fill(ask, h("h3", {}, t("exercise_heading")), h("p", { class: "note" }, t("exercise_words")),
      h("form", { class: "row", novalidate: true, onsubmit: make }, field("blank", t("exercise_blanks"), String(blank)),
        field("seed", t("exercise_seed"), String(seed)), h("button", { type: "submit", class: "go" }, t("exercise_make"))));
  }

  const whole = (text) => (/^\s*-?\d+\s*$/.test(text) ? Number(text) : text);

  async function make(event) {
    event.preventDefault();
    const fields = new FormData(event.target);
    [blank, seed] = [whole(fields.get("blank")), whole(fields.get("seed"))];
    answers = {};
    if (await fetchPaper()) sheet.querySelector("input")?.focus();
  }

  async function fetchPaper() {
    const found = await app.post("exercise", { blank, seed }, "exercise");
    if (!found) return false;
    [paper, step, revision, verdicts] = [found, app.state.time.step, found.revision, new Map()];
    drawSheet();
    return true;
  }

  function drawSheet() {
    if (!paper) return fill(sheet);
    const groups = new Map();
    for (const line of paper.lines) groups.set(line.group, [...(groups.get(line.group) ?? []), line]);
    const isOld = revision !== app.state.revision;
    const result = h("p", { class: "result", role: "status" });
    return fill(sheet, h("form", { class: "paper", novalidate: true, autocomplete: "off", onsubmit: check },
      isOld && h("p", { class: "old" }, t("exercise_old", { step })),
      paper.given && h("details", { open: true }, h("summary", {}, t("exercise_given")), h("dl", { class: "given" },
        paper.given.flatMap((line) => [h("dt", {}, line.name), h("dd", {}, line.value)]))),
      [...groups].map(([group, lines]) => h("fieldset", {}, h("legend", {}, group), lines.map((line, i) => drawLine(line, line.meaning !== lines[i - 1]?.meaning)))),
      h("p", { class: "note" }, t("exercise_digits", { digits: paper.digits })),
      h("div", { class: "row" }, h("button", { type: "submit", class: "go" }, t("exercise_check"))), result));
  }

  function drawLine(line, isFirst) {
    const id = `blank-${line.name.replace(/\W/g, "-")}`, symbol = h("span", { class: "symbol" });
    symbol.innerHTML = line.html; // made by the server's own printer
    const meaning = isFirst && h("span", { class: "note" }, line.meaning);
    if (!line.blank) return h("div", { class: "line" }, symbol, h("span", { class: "number" }, "= ", line.text ?? ""), meaning);
    const found = verdicts.get(line.name), isWrong = found?.status.startsWith("wrong") ?? false;
    const input = h("input", { id, type: "text", inputmode: "decimal", autocomplete: "off", spellcheck: "false", value: answers[line.name] ?? "",
      "aria-label": `${line.name} ${line.meaning}`.trim(), "aria-invalid": isWrong ? "true" : null, "aria-describedby": found ? `${id}-says` : null,
      oninput: (event) => { answers[line.name] = event.target.value; verdicts.delete(line.name); input.removeAttribute("aria-invalid"); said.replaceChildren(); } });
    const said = h("span", { id: `${id}-says`, class: `verdict ${found?.status ?? ""}` },
      found && h("strong", {}, `${found.mark ?? ""} `), found && [found.says, found.mistake].filter(Boolean).join(t("colon")));
    return h("div", { class: "line" }, symbol, h("span", { class: "number" }, "= ", input), meaning, said);
  }

  async function check(event) {
    event.preventDefault();
    const filled = Object.fromEntries(Object.entries(answers).filter(([, text]) => text.trim()));
    if (!Object.keys(filled).length) return app.complain(t("exercise_empty"));
    const asked = paper;
    const found = await app.post("exercise/check", { exercise: paper.exercise, answers: filled }, "check");
    if (!found || asked !== paper) return null;
    verdicts = new Map(found.verdicts.map((verdict) => [verdict.name, verdict]));
    drawSheet();
    sheet.querySelector(".result").textContent = found.says;
    return (sheet.querySelector("[aria-invalid]") ?? sheet.querySelector("button[type=submit]"))?.focus();
  }

  function drawSheets() {
    const why = h("p", { class: "problem", role: "alert" });
    const get = download(app, t("sheets_get"), () => {
      const twice = list().find((name, i) => list().indexOf(name) !== i);
      why.textContent = !list().length ? t("sheets_none") : twice ? t("sheets_twice", { name: twice }) : "";
      if (why.textContent) return null;
      const { blank: count, seed: start, find_mistake: find } = Object.fromEntries(new FormData(form));
      return ["sheets", { names: list().join("\n"), blank: count, seed: start, find_mistake: find ? 1 : 0 }];
    });
    const form = h("form", { novalidate: true, onsubmit: (event) => event.preventDefault() },
      h("label", { for: "class-names" }, t("sheets_names")), names,
      h("div", { class: "row" }, field("blank", t("exercise_blanks"), String(BLANKS)), field("seed", t("exercise_seed"), "1"),
        h("label", { class: "check" }, h("input", { type: "checkbox", name: "find_mistake" }), t("sheets_find"))), why, get);
    const list = () => names.value.split("\n").map((name) => name.trim()).filter(Boolean);
    fill(sheets, h("h3", {}, t("sheets_heading")), h("p", { class: "note" }, t("sheets_words")), form);
  }

  app.on("later", () => {
    const mark = sheet.querySelector(".old");
    if (paper && Boolean(mark) !== (revision !== app.state.revision)) {
      if (mark) mark.remove();
      else sheet.querySelector("form")?.prepend(h("p", { class: "old" }, t("exercise_old", { step })));
    }
  });
  app.on("look", () => {
    drawAsk();
    drawSheets();
    if (paper && revision === app.state.revision) fetchPaper(); // the same blanks in other words; what was filled in stays
  });
  drawAsk();
  drawSheets();
}
