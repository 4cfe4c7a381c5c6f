// Files to take along: fetched first, so that a refusal is a sentence in the page and not a file of its own.
import { h } from "./dom.js";

/** A button that downloads; `asked()` gives path and query, or null where it has said itself why not. */
export function download(app, label, asked) {
  return h("button", { type: "button", class: "download", onclick: async () => {
    const [path, query] = asked() ?? [];
    if (!path) return;
    try {
      const response = await fetch(app.link(path, query), { cache: "no-store" });
      if (response.ok) await save(response);
      else app.complain((await response.json()).error.message);
    } catch {
      app.lost(true);
    }
  } }, label);
}

async function save(response) {
  const [, name] = response.headers.get("Content-Disposition")?.match(/filename="([^"]+)"/) ?? ["", "clearprop"];
  const address = URL.createObjectURL(await response.blob());
  h("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
