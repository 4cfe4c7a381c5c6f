// Fields of a form made from what the library says of its parameters; a text that is tried while it is typed.
import { fill, h } from "./dom.js";

const WAIT = 250; // ms after the last letter until what was typed is tried

/** What a parameter is called in the language, where there is a word for it; its own name otherwise. */
const called = (app, name) => app.words[`parameter_${name}`] ?? name;

/** A field for each parameter: name, default and range as the server gives them. */
export function parameterFields(app, parameters, values = {}, prefix = "") {
  return parameters.map((one) => {
    const now = values[one.name] ?? one.default, name = prefix + one.name, label = called(app, one.name);
    if (typeof one.default === "boolean") return h("label", { class: "check" }, h("input", { type: "checkbox", name, checked: now }), label);
    if (one.choices) return h("label", { class: "field" }, h("span", {}, label), h("select", { name },
      one.choices.map((choice) => h("option", { value: choice, selected: choice === now }, choice))));
    const isWhole = Number.isInteger(one.default) && one.whole;
    return h("label", { class: "field" }, h("span", {}, label), h("input", {
      name, type: "text", inputmode: isWhole ? "numeric" : "decimal", "data-number": isWhole ? "whole" : "any", autocomplete: "off",
      value: now === null ? "" : String(now), title: range(app, one) }));
  });
}

/** "above 0 and at most 1". */
function range(app, { low, high, open_low: openLow, open_high: openHigh }) {
  const said = [];
  if (low !== null && low !== undefined) said.push(app.t(openLow ? "above" : "at_least", { n: low }));
  if (high !== null && high !== undefined) said.push(app.t(openHigh ? "below" : "at_most", { n: high }));
  return said.join(app.t("list"));
}

/** What stands in the fields of a form: numbers as numbers, nothing as null; what is no number stays for the server to judge. */
export function readFields(form) {
  const found = {};
  for (const field of form.querySelectorAll("[name]")) {
    if (field.type === "radio" && !field.checked) continue;
    if (field.disabled || field.name.startsWith("pad-")) continue;
    found[field.name] = field.type === "checkbox" ? field.checked : number(field);
  }
  return found;
}

function number(field) {
  if (field.type !== "number" && field.dataset.number === undefined) return field.value;
  const text = field.value.trim().replace("−", "-").replace(",", ".");
  if (!text) return null;
  const value = Number(text);
  return Number.isFinite(value) ? value : field.value;
}

/** A field for a formula: it is tried while one types, and shown as it was understood, or where it stopped being so. */
export function typedField(app, name, kind, example) {
  const said = h("div", { class: "typed", "aria-live": "polite" });
  const id = `typed-${name}`;
  const input = h("input", { name, id, type: "text", value: example, autocomplete: "off", spellcheck: "false", autocapitalize: "none",
    maxlength: app.choices.typed?.longest ?? 200, "aria-describedby": `${id}-said` });
  said.id = `${id}-said`;
  let timer = 0;
  const attempt = async () => {
    try {
      const answer = await app.post("typed", { text: input.value, kind }, `typed ${name}`, { quiet: true });
      if (!answer) return;
      const shown = h("div", {});
      shown.innerHTML = answer.mathml; // of our own printer: names and operators of the small grammar only
      input.removeAttribute("aria-invalid");
      const slope = h("div", {});
      if (answer.slope) slope.innerHTML = answer.slope;
      fill(said, shown, answer.slope && h("p", { class: "note" }, app.t("typed_slope")), answer.slope && slope);
    } catch (error) {
      input.setAttribute("aria-invalid", "true");
      const at = error.at;
      fill(said, h("p", { class: "problem" }, app.reason(error)), at !== undefined && at !== null && h("p", { class: "where", "aria-hidden": "true" },
        h("span", {}, input.value.slice(0, at)), h("mark", {}, input.value.slice(at, at + 1) || " "), input.value.slice(at + 1)));
    }
  };
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(attempt, WAIT); });
  attempt();
  return h("div", {}, h("label", { class: "field", for: id }, h("span", {}, app.t(`typed_${kind}`)), input), said,
    h("details", { class: "beside" }, h("summary", {}, app.t("typed_known_title")),
      h("p", { class: "note" }, app.t("typed_known", { names: (app.choices.typed?.functions ?? []).join(", ") }))));
}
