// The top of the page: what is trained, and how it is written.

import { choice, fill, h, refill } from "./dom.js";

const THEMES = ["system", "light", "dark"];
const DIGITS = [2, 3, 4, 5, 6, 8, 10, 12, 17];

export function dress(app, root) {
  const title = h("p", { id: "what" });
  const look = h("div", { id: "look" });
  const language = h("div", {});
  const menu = h("details", { id: "writing", open: matchMedia("(min-width: 110rem)").matches },
    h("summary", { "data-word": "how_written" }, app.t("how_written")), look);
  const dialog = help(app);
  const keys = h("button", { type: "button", id: "help-button", "aria-haspopup": "dialog", onclick: () => dialog.show() });
  fill(root, h("h1", {}, "clearprop", h("span", {}, " lab")), title, language, keys, menu);

  function writeTitle() {
    fill(title, app.state.mode === "watch" ? app.state.title : summary(app));
    document.title = `${app.state.title ?? app.state.data?.name ?? ""} · clearprop lab`;
  }

  function writeLook() {
    const { look: now, choices } = app;
    const named = (name) => ({ name, "data-key": name });
    refill(language, choice("", choices.languages, now.language, (name) => app.t(`language_${name}`),
      (name) => app.set({ language: name }), { ...named("language"), "aria-label": app.t("language") }));
    refill(look,
      choice(app.t("notation"), choices.notations ?? [], now.notation, (name) => app.t(`notation_${name}`),
        (notation) => app.set({ notation }), named("notation")),
      choice(app.t("digits"), DIGITS.map(String), String(now.digits), String, (digits) => app.set({ digits: Number(digits) }),
        named("digits")),
      choice(app.t("decimal"), ["0", "1"], String(now.comma), (name) => (name === "1" ? "0,5" : "0.5"),
        (comma) => app.set({ comma: Number(comma) }), named("comma")),
      choice(app.t("theme"), THEMES, now.theme, (name) => app.t(`theme_${name}`), (theme) => app.set({ theme }),
        named("theme")));
    fill(keys, app.t("keys"), " ", h("kbd", {}, "?"));
  }

  writeTitle();
  writeLook();
  app.on("state", writeTitle);
  app.on("look", () => { writeTitle(); writeLook(); });
  app.shortcut(root, "?", "keys", () => dialog.show());
}

/** "2-2-1 network, 9 weights and biases, squared_error, sgd; case_study". */
function summary(app) {
  const { network, data, job } = app.state;
  return app.t("summary", {
    widths: network.widths.join("-"), parameters: network.parameters, loss: network.loss.name,
    optimizer: job.optimizer.name, data: data.name ?? data.kind,
  });
}

/** The shortcuts that work at present. */
function help(app) {
  const list = h("div", {});
  const dialog = h("dialog", { id: "help", "aria-labelledby": "help-title" });
  const show = () => {
    const rows = app.shortcuts.shown().map(({ key, word }) =>
      h("tr", {}, h("th", { scope: "row" }, h("kbd", {}, key === " " ? app.t("space") : key)), h("td", {}, app.t(word))));
    fill(list, h("table", {}, h("tbody", {}, rows)));
    fill(dialog, h("h2", { id: "help-title" }, app.t("keys")), h("p", {}, app.t("keys_drawing")), list,
      h("label", { class: "check" }, h("input", {
        type: "checkbox", checked: app.shortcuts.on, onchange: (event) => app.shortcuts.turn(event.target.checked),
      }), app.t("keys_on")),
      h("button", { type: "button", onclick: () => dialog.close() }, app.t("close")));
    app.cover(dialog);
  };
  return { show };
}
