// Elements of the page, made without any markup from outside.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: attributes, `on…` handlers, `style` as an object, then children (nodes or text). */
export const h = (tag, attributes = {}, ...children) => made(document.createElement(tag), attributes, children);

/** An SVG element. */
export const s = (tag, attributes = {}, ...children) => made(document.createElementNS(SVG, tag), attributes, children);

function made(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [key, item] of Object.entries(value)) element.style.setProperty(key, item);
    else if (name === "data") Object.assign(element.dataset, value);
    else if (["value", "checked", "disabled", "selected", "indeterminate"].includes(name)) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** Replace what is in an element. */
export function fill(root, ...nodes) {
  root.replaceChildren(...nodes.flat().filter((node) => node !== undefined && node !== null && node !== false));
  return root;
}

/** The same by a tree of new nodes; what is as it was stays, so that no more is laid out anew than has changed. */
export function turn(root, fresh) {
  const before = [...root.childNodes], after = [...fresh.childNodes];
  for (const [i, node] of after.entries()) {
    const old = before[i];
    if (!old) root.append(node);
    else if (!isAlike(old, node)) old.replaceWith(node);
    else if (!old.data) turn(old, node);
    else if (old.data !== node.data) old.data = node.data;
  }
  for (const old of before.slice(after.length)) old.remove();
}

/** Whether two nodes are the same but for what is in them. */
const isAlike = (old, node) => old.nodeName === node.nodeName && old.attributes?.length === node.attributes?.length
  && [...(node.attributes ?? [])].every(({ name, value }) => old.getAttribute(name) === value);

/** The same, where what is in it may have the focus: it goes to what has the same `data-key` afterwards. */
export function refill(root, ...nodes) {
  const key = root.contains(document.activeElement) ? document.activeElement.dataset.key : undefined;
  fill(root, ...nodes);
  if (key !== undefined) root.querySelector(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
}

/** A table; the first cell of each row is its head. */
export function table(head, rows, caption) {
  return h("table", {}, caption && h("caption", {}, caption),
    h("thead", {}, h("tr", {}, head.map((cell) => h("th", { scope: "col" }, cell)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map((cell, i) =>
      i ? h("td", { class: "e" }, cell) : h("th", { scope: "row" }, cell))))));
}

/** A choice between a few names, written by `words`; `chosen` is called with the name. */
export function choice(label, names, current, words, chosen, attributes = {}) {
  return h("label", { class: "choice" }, h("span", {}, label),
    h("select", { ...attributes, onchange: (event) => chosen(event.target.value) },
      names.map((name) => h("option", { value: name, selected: name === current }, words(name)))));
}

const SCRIPT = 0.75; // the size of raised and lowered letters

/** Letters of which some are raised (1) or lowered (−1), as the server writes names: [["z", 0], ["1", 1]]. */
export function runs(parts) {
  let height = 0;
  return parts.map(([text, shift]) => {
    const target = { 1: -0.34, "-1": 0.25, 0: 0 }[shift];
    const dy = `${((target - height) / (shift ? SCRIPT : 1)).toFixed(3)}em`;
    height = target;
    return s("tspan", { dy, class: shift ? "script" : undefined }, text);
  });
}

/** The same outside of a drawing. */
export const scripts = (parts) =>
  parts.map(([text, shift]) => (shift ? h(shift > 0 ? "sup" : "sub", {}, text) : text));

/** The same as one line of plain text, for what is read out. */
export const plain = (parts) => parts.map(([text]) => text).join(" ");
