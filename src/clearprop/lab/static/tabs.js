// The parts beside the drawing, one at a time.

import { fill, h } from "./dom.js";
import { inRow } from "./keys.js";

export function tabs(app, side) {
  const list = side.querySelector("[role=tablist]");
  const parts = [...side.querySelectorAll("[role=tabpanel]")];

  function open(id, focus = false) {
    for (const part of parts) {
      const tab = document.getElementById(`tab-${part.id}`);
      part.hidden = part.id !== id;
      tab.setAttribute("aria-selected", String(part.id === id));
      tab.tabIndex = part.id === id ? 0 : -1;
    }
    if (focus) document.getElementById(`tab-${id}`).focus();
    app.emit("shown", id);
  }

  fill(list, parts.map((part) => h("button", {
    type: "button", role: "tab", id: `tab-${part.id}`, "aria-controls": part.id, "data-word": `tab_${part.id}`,
    onclick: () => { app.forgive(); open(part.id); },
  }, app.t(`tab_${part.id}`))));
  inRow(list, "[role=tab]");
  app.open = open;
  open("panel");
}
