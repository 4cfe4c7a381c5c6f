// Starts the page: fetches the words and the state, mounts every module into its section, hands out news.
//
// CONTRACT OF A MODULE.  Each module exports `mount(app, root)`; `root` is its <section id="…"> of index.html, which has
// a heading already and is empty otherwise. Here: drawing, steps, panel. Others: data, choices, curves, surface,
// exercise, games, files; each is loaded by its name, and one that is not there leaves its tab out. A module
// calculates nothing: a number that it shows was written by the server, as text; numbers only become places and widths.
//
// WHAT `app` OFFERS
//   app.state            the server's last state (docs/lab-protocol.md), frozen; app.state.revision is its revision
//   app.choices          the answer of /api/choices in this language
//   app.look             {language, notation, digits, comma, forms, view, theme, most}: how things are written, kept in the
//                        browser. Not part of the workspace: two tabs may look differently.
//   app.set({digits: 6}) changes the look and emits "look"
//   app.sample           which row of the batch is shown, from 0; app.show({sample: 1}) changes it
//   app.t(key, {n: 3})   words of the language; words-en.js and words-zh.js are the drawing's, panels-en.js and
//                        panels-zh.js the panels'. Same keys in both languages (a test looks).
//   app.get("curves", {since: 0}, slot)      promise of the answer of /api/curves as an object
//   app.post("data", {kind: "xor"}, slot)    the same; an answer that is a newer state becomes app.state and is emitted.
//                        A Blob as body is sent as it is (`{query: {name: "a.csv"}}` as last argument).
//                        Both add token and style; `post` the revision that the page shows. Answers of an older revision
//                        than the page shows, and earlier requests of the same `slot`, resolve to null: just
//                        `const answer = await app.get(…); if (!answer) return;`. Errors are shown by app.complain
//                        and resolve to null too; {quiet: true} as last argument throws them (Complaint: message, status,
//                        kind, at). Reads wait for each other and for changes under way; {urgent: true} does not.
//   app.link(path, query)        the address of a download, with token and style
//   app.refresh()        asks for the state anew (it comes by itself after a POST and after changes in another tab)
//   app.on(event, f)     f(detail) at each
//                          "state"   there is a new state (a step, new data, other settings); detail: the one before
//                          "later"   the same, once it is drawn and painted: for all that is not the drawing itself;
//                                    of changes that follow each other at once it tells the last
//                          "look"    language, notation, digits, theme or view changed: write everything anew
//                          "record"  the training moved on; detail: what the event stream brought
//                          "select"  another weight, node, δ or loss is selected; detail: its name, or ""
//                          "shown"   a section came into sight; detail: its id. Draw nothing while hidden:
//                        returns a function that takes it off again
//   app.isShown(root)    whether a section is in sight
//   app.names            {"W1[0,1]": "w¹₂₁", …}: how the notation writes the names of what is drawn
//   app.select(name)     "W1[0,1]", "delta2[0]", "z1[1]", "loss", or "" for nothing; app.selected is the name
//   app.say(text)        one spoken sentence, in the aria-live region (polite, the last one wins)
//   app.complain(error)  shows an error's words where one sees them, until the next action
//   app.shortcut(root, key, word, action)   only while `root` is shown and not covered, and listed under "?"
//   app.cover(dialog)    opens a <dialog> by showModal: what it covers is inert
// dom.js: h("button", {class: "x", onclick: f, style: {width: "3px"}}, "text", node) makes HTML elements, s(…) SVG ones,
// `table(head, rows, caption)` a table, `fill(root, ...nodes)` replaces what is in it. Style attributes in innerHTML are
// refused by the policy; element.style and SVG attributes are not.
// Colours are the variables of book.css: --ink --paper --grey --rule --link --output --hidden --weight --positive
// --negative and --…-fill.

import { listen } from "./api.js";
import { App } from "./app.js";
import { tabs } from "./tabs.js";
import { dress } from "./top.js";

const MODULES = ["drawing", "steps", "panel", "data", "choices", "curves", "surface", "exercise", "games", "files"];
const WATCHED = ["curves"]; // of a training that was started elsewhere there is nothing to change

async function start() {
  const app = new App();
  app.apply();
  await Promise.all([app.learn(), app.refresh()]);
  if (app.complaint?.status === 400) {
    app.forget();
    await Promise.all([app.learn(), app.refresh()]);
  }
  if (!app.state.mode) {
    app.complain(app.complaint ?? app.t("lost"));
    return;
  }
  const isWatching = app.state.mode === "watch";
  document.body.classList.toggle("watching", isWatching);
  dress(app, document.getElementById("top"));
  const names = isWatching ? WATCHED : MODULES;
  for (const section of document.querySelectorAll("main section"))
    section.hidden = isWatching && !names.includes(section.id);
  const modules = await Promise.all(names.map((name) => import(`./${name}.js`)));
  if (!isWatching) tabs(app, document.getElementById("side"));
  modules.forEach((module, i) => module.mount(app, document.getElementById(names[i] === "drawing" ? "network" : names[i])));
  listen(app.link("events"), (event) => app.heard(event), (is) => app.lost(is));
  document.body.classList.add("ready");
}

start();
