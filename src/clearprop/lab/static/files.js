// Keeping and taking along: the workspace as a file or a link, and what can be read without the lab.
import { fill, h } from "./dom.js";
import { download } from "./download.js";

const PREFIX = "s=";

export function mount(app, root) {
  const t = app.t;
  const keep = h("div", {}), take = h("div", {});
  root.append(keep, take);
  const item = (path, key, query = () => ({})) => h("li", {}, download(app, t(key), () => [path, query()]), h("span", { class: "note" }, t(`${key}_words`)));
  const chosen = () => (/^[Wb]\d+\[/.test(app.selected) ? app.selected : ""); // the chain rule is of a weight or a bias

  async function loadFile(event) {
    const [file] = event.target.files, most = app.choices.limits?.body ?? Infinity;
    event.target.value = "";
    if (!file) return;
    if (file.size > Math.max(most, app.choices.limits?.upload ?? 0)) return app.complain(t("file_large", { most: Math.floor(most / 1e6) }));
    const state = await app.post("load", new Blob([file]), "load");
    if (state) app.say(t("loaded"));
  }

  async function loadLink(text) {
    const at = text.indexOf(PREFIX), link = (at < 0 ? text : text.slice(at + PREFIX.length)).trim();
    if (!link) return app.complain(t("link_none"));
    const state = await app.post("load", { link }, "load");
    if (state) app.say(t("loaded"));
    return state;
  }

  async function permalink(shown, status) {
    const answer = await app.get("permalink", {}, "permalink");
    if (!answer) return;
    shown.value = `${location.origin}/#${answer.fragment}`;
    shown.parentElement.hidden = false;
    shown.select();
    try {
      await navigator.clipboard.writeText(shown.value);
      status.textContent = t("link_copied");
    } catch {
      status.textContent = t("link_copy"); // the browser does not let the page write there
    }
  }

  function draw() {
    const shown = h("input", { type: "text", readonly: true }), status = h("p", { role: "status", class: "note" });
    const shownLabel = h("label", { class: "field" }, h("span", {}, t("link_made")), shown);
    shownLabel.hidden = true;
    const pasted = h("input", { type: "text", autocomplete: "off", id: "pasted" });
    fill(keep, h("h3", {}, t("keep_heading")),
      h("ul", { class: "plain" }, item("export/state", "save")),
      h("label", { class: "field" }, h("span", {}, t("load_file")), h("input", { type: "file", accept: ".json,application/json", onchange: loadFile })),
      h("div", { class: "row" }, h("button", { type: "button", onclick: () => permalink(shown, status) }, t("link_make"))), shownLabel, status,
      h("form", { class: "row", novalidate: true, onsubmit: (event) => { event.preventDefault(); loadLink(pasted.value); } },
        h("label", { class: "field", for: "pasted" }, h("span", {}, t("link_open")), pasted), h("button", { type: "submit" }, t("link_go"))));
    const asShown = () => ({ forms: app.look.forms, of: chosen(), sample: app.sample });
    fill(take, h("h3", {}, t("take_heading")), h("ul", { class: "plain" },
      item("export/page", "take_page", asShown), item("export/svg", "take_svg", asShown), item("export/model", "take_model"),
      item("export/trace", "take_trace", asShown), item("export/curves", "take_curves")));
  }

  app.on("look", draw);
  draw();
  if (location.hash.startsWith(`#${PREFIX}`)) {
    const link = location.hash;
    history.replaceState(null, "", location.pathname + location.search);
    loadLink(link);
  }
}
