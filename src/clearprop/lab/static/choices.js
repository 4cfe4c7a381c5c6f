// What is trained and how: layers, activations, loss, initialiser, optimizer, schedule, batches; all that the library has,
// as /api/choices names it. A form that would change nothing cannot be sent.
import { fill, h } from "./dom.js";
import { parameterFields, readFields, typedField } from "./fields.js";
import { rangeTest } from "./range.js";

const TYPED = "typed…";
const NUMBERS = ["batch_size", "epochs", "l1", "l2", "dropout", "label_smoothing", "clip_norm", "seed"];
const WHOLE = ["batch_size", "epochs", "seed"];

export function mount(app, root) {
  const t = app.t;
  const network = h("div", {}), job = h("div", {}), range = h("div", {});
  let layers = [], serial = 0, shownNetwork = "", shownJob = "";
  root.append(network, job, range);

  const named = (list, name) => list?.find((one) => one.name === name);
  const spec = () => {
    const { network: { widths, layers: shown, loss, initialiser, seed } } = app.state;
    return { widths, activations: shown.slice(1).map((layer) => layer.activation), loss, initialiser, seed };
  };

  /** A choice among formulas, with the parameters of the one chosen and what it says. */
  function formula(label, list, now, prefix, sign, typed = false) {
    const fields = h("div", { class: "parameters" }), says = h("p", { class: "note" });
    const isTyped = now && !named(list, now.name);
    const show = (name, values) => {
      if (name === TYPED) { fill(says); return fill(fields, typedField(app, `${prefix}:typed`, "activation", isTyped ? now.typed ?? now.text : "z/(1 + abs(z))")); }
      const one = named(list, name);
      const math = h("span", { class: "formula" });
      math.innerHTML = one?.mathml ?? "";
      fill(says, one?.mathml && [sign, math], one && h("span", {}, one.says));
      return fill(fields, parameterFields(app, one?.parameters ?? [], values, `${prefix}:`));
    };
    const first = isTyped && typed ? TYPED : now?.name ?? list[0]?.name;
    show(first, now?.parameters);
    const select = h("select", { name: prefix, onchange: (event) => show(event.target.value, event.target.value === now?.name ? now.parameters : {}) },
      [...list.map((one) => one.name), ...(typed ? [TYPED] : [])].map((name) =>
        h("option", { value: name, selected: name === first }, name === TYPED ? t("typed_own") : name)));
    return h("div", { class: "formula-choice" }, h("label", { class: "field" }, h("span", {}, label), select), fields, says);
  }

  /** The formula that a form names: {name, parameters} or {typed, called}. */
  function chosen(fields, prefix) {
    if (fields[prefix] === TYPED) return { typed: fields[`${prefix}:typed`], called: "mine" };
    const own = Object.entries(fields).filter(([key]) => key.startsWith(`${prefix}:`) && !key.endsWith(":typed"));
    return { name: fields[prefix], parameters: Object.fromEntries(own.map(([key, value]) => [key.slice(prefix.length + 1), value])) };
  }

  /** A form whose button works only while what it says is not what is. */
  function guarded(key, read, send, ...inside) {
    const why = h("span", { class: "note", id: `why-${key}` }), go = h("button", { type: "submit", class: "go", "aria-describedby": `why-${key}` }, t(key));
    const form = h("form", { novalidate: true }, inside, h("div", { class: "row" }, go, why));
    let at = "";
    const look = () => {
      const isSame = JSON.stringify(read(form)) === at;
      go.setAttribute("aria-disabled", String(isSame));
      why.textContent = isSame ? t("no_change") : "";
      return isSame;
    };
    form.addEventListener("input", look);
    form.addEventListener("change", look);
    form.addEventListener("submit", (event) => { event.preventDefault(); if (look()) app.say(t("no_change")); else send(read(form), JSON.parse(at)); });
    return { form, look, reset: () => { at = JSON.stringify(read(form)); look(); } };
  }

  function drawNetwork() {
    const { widths, activations, loss, initialiser, seed } = spec(), limits = app.choices.limits ?? {};
    shownNetwork = JSON.stringify(spec());
    layers = widths.slice(1, -1).map((width, i) => ({ id: serial++, width, activation: activations[i] }));
    const list = h("ol", { class: "layers", start: 1 }), last = { id: "out", activation: activations.at(-1) };
    const hidden = () => app.choices.activations.filter((one) => one.hidden !== false);
    const guard = guarded("network_apply", readNetwork, (body) => app.post("network", body, "network"),
      h("h3", {}, t("network_heading")), h("p", { class: "note" }, t("network_ends", { inputs: widths[0], outputs: widths.at(-1) })), list,
      h("button", { type: "button", onclick: () => { layers.push({ id: serial++, width: 4, activation: layers.at(-1)?.activation ?? hidden()[0] }); drawLayers(); guard.look(); } }, t("layer_add")),
      formula(t("output_activation"), app.choices.activations.filter((one) => one.output !== false), last.activation, "output", "a = ", true),
      formula(t("loss"), app.choices.losses, loss, "loss", "C = "),
      formula(t("initialiser"), app.choices.initialisers, initialiser ?? undefined, "initialiser", "σ = "),
      h("label", { class: "field" }, h("span", {}, t("weights_seed")), h("input", { name: "seed", type: "text", inputmode: "numeric", "data-number": "whole", value: String(seed ?? 0) })));

    function readNetwork(form) {
      const fields = readFields(form);
      return {
        widths: [widths[0], ...layers.map((one) => fields[`width ${one.id}`] ?? one.width), widths.at(-1)],
        hidden: layers.map((one) => chosen(fields, `hidden ${one.id}`)), output: chosen(fields, "output"), loss: chosen(fields, "loss"),
        initialiser: chosen(fields, "initialiser"), seed: fields.seed,
      };
    }

    function drawLayers() {
      const kept = new Map([...list.children].map((item) => [item.dataset.id, item]));
      fill(list, layers.map((one, i) => {
        const item = kept.get(String(one.id)) ?? h("li", { data: { id: one.id } },
          h("label", { class: "field" }, h("span", {}, t("neurons")), h("input", { name: `width ${one.id}`, type: "number", min: 1, max: limits.width ?? 512, value: String(one.width) })),
          formula(t("activation_function"), hidden(), one.activation, `hidden ${one.id}`, "a = ", true),
          h("button", { type: "button", class: "remove", onclick: () => { layers = layers.filter((other) => other !== one); drawLayers(); guard.look(); list.parentElement.querySelector("button").focus(); } }));
        item.querySelector(".remove").textContent = t("layer_remove", { n: i + 1 });
        return item;
      }), layers.length === 0 && h("li", { class: "none" }, t("no_hidden")));
    }
    drawLayers();
    fill(network, guard.form);
    guard.reset();
  }

  function drawJob() {
    const now = app.state.job;
    shownJob = JSON.stringify(now);
    const field = (name) => h("label", { class: "field" }, h("span", {}, t(`job_${name}`)), h("input", {
      name, type: "text", inputmode: WHOLE.includes(name) ? "numeric" : "decimal", "data-number": "any", autocomplete: "off", value: now[name] === null ? "" : String(now[name] ?? "") }));
    const guard = guarded("job_apply", (form) => {
      const fields = readFields(form), numbers = Object.fromEntries(NUMBERS.map((name) => [name, fields[name]]));
      return { ...numbers, shuffle: fields.shuffle, optimizer: chosen(fields, "optimizer"), schedule: chosen(fields, "schedule") };
    }, (body, before) => app.post("job", changed(body, before), "job"),
    h("h3", {}, t("job_heading")), formula(t("optimizer"), app.choices.optimizers, now.optimizer, "optimizer", "θ ← "),
    formula(t("schedule"), app.choices.schedules, now.schedule, "schedule", "η × "), h("div", { class: "grid" }, NUMBERS.map(field)),
    h("label", { class: "check" }, h("input", { type: "checkbox", name: "shuffle", checked: now.shuffle }), t("job_shuffle")));
    fill(job, guard.form);
    guard.reset();
  }

  /** Only what was edited: what another tab has set meanwhile is not put back. */
  const changed = (body, before) => Object.fromEntries(Object.entries(body).filter(([key, value]) => JSON.stringify(value) !== JSON.stringify(before[key])));

  const redraw = () => { drawNetwork(); drawJob(); };
  app.on("later", () => {
    if (JSON.stringify(spec()) !== shownNetwork) drawNetwork();
    if (JSON.stringify(app.state.job) !== shownJob) drawJob();
  });
  app.on("look", redraw);
  redraw();
  rangeTest(app, root, range);
}
