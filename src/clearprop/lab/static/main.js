// Starts the page: fetches the words and the state, mounts every module into its section, hands out news.
//
// CONTRACT OF A MODULE.  Each module exports `mount(app, root)`; `root` is its <section id="…"> of index.html, which has
// a heading already and is empty otherwise. Here: drawing, steps, panel. Others: data, choices, curves, surface,
// exercise, games, files; each is loaded by its name, and one that is not there leaves its tab out. A module
// calculates nothing: a number that it shows was written by the server, as text; numbers only become places and widths.
//
// WHAT `app` OFFERS
//   app.state            the server's last state (docs/lab-protocol.md), frozen; app.state.revision is its revision
//   app.look             {language, notation, digits, comma, form, view, theme}: how things are written. Not part of the
//                        state: two tabs may look differently. It goes with every request as a query.
//   app.set({digits: 6}) changes the look, keeps it in the browser, and emits "look"
//   app.t(key, {n: 3})   words of the language; words-en.js and words-zh.js are the drawing's, panels-en.js and
//                        panels-zh.js the panels'. Same keys in both languages (a test looks).
//   app.get(path, query, slot)   promise of the answer as an object
//   app.post(path, body, slot)   the same; an answer with a revision that is newer becomes app.state and is emitted
//                        Both add the token; `post` the revision that the page showed. Answers of an older revision than
//                        the page shows, and earlier requests of the same `slot`, resolve to null: just
//                        `const answer = await app.get(…); if (!answer) return;`. Errors are shown by app.complain
//                        and resolve to null too; {quiet: true} as last argument throws them instead.
//   app.on(event, f)     f(detail) at each
//                          "state"   there is a new state (a step, new data, other settings); detail: the one before
//                          "look"    language, notation, digits, theme or view changed: write everything anew
//                          "record"  an epoch or step while it runs; detail: what the event stream brought
//                          "select"  another weight, node, δ or loss is selected; detail: its name, or ""
//                          "shown"   a section came into sight; detail: its id. Draw nothing while hidden:
//                        returns a function that takes it off again
//   app.isShown(root)    whether a section is in sight
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
