// Everything by keyboard: one tab stop for each group, arrows inside it, shortcuts only where they are shown.

const STEPS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };

/**
 * One tab stop for a group of elements; arrows move inside it.
 *
 * `next(element, [right, down])` gives the element that an arrow leads to; Home and End go to `ends(element)`, its first
 * and last neighbours. What is focused is the tab stop from then on.
 */
export function roving(root, selector, next, ends) {
  const stop = (element) => {
    root.querySelectorAll(`${selector}[tabindex="0"]`).forEach((other) => other.setAttribute("tabindex", "-1"));
    element?.setAttribute("tabindex", "0");
  };
  root.addEventListener("focusin", (event) => {
    const element = event.target.closest(selector);
    if (element && root.contains(element)) stop(element);
  });
  root.addEventListener("keydown", (event) => {
    const element = event.target.closest(selector);
    if (!element || event.ctrlKey || event.metaKey || event.altKey) return;
    let target = null;
    if (event.key in STEPS) target = next(element, STEPS[event.key]);
    else if (event.key === "Home") [target] = ends(element);
    else if (event.key === "End") [, target] = ends(element);
    else if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      if (element.localName !== "button") element.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      else element.click();
      return;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    target?.focus();
  });
  return stop;
}

/** Arrows go through a row of elements and round. */
export function inRow(root, selector) {
  const all = () => [...root.querySelectorAll(selector)].filter((element) => !element.hidden);
  const around = (element, [right, down]) => {
    const row = all();
    return row[(row.indexOf(element) + (right || down) + row.length) % row.length];
  };
  return roving(root, selector, around, () => [all()[0], all().at(-1)]);
}

/** Whether somebody who types there means letters, not shortcuts. */
const isTyping = (element) =>
  element.isContentEditable || ["select", "textarea"].includes(element.localName) ||
  (element.localName === "input" && !["checkbox", "radio", "range", "button"].includes(element.type));

/** The shortcuts of a page: each belongs to a part and works only while that part is seen and not covered. */
export class Shortcuts {
  constructor(isShown) {
    this.isShown = isShown;
    this.all = [];
    this.on = localStorage.getItem("clearprop-shortcuts") !== "off"; // WCAG 2.1.4: they can be turned off
    document.addEventListener("keydown", (event) => this.pressed(event));
  }

  add(root, key, word, action) {
    this.all.push({ root, key, word, action });
  }

  /** Those that work now. */
  shown() {
    const dialog = document.querySelector("dialog:modal");
    return this.all.filter(({ root }) => this.isShown(root) && (!dialog || dialog.contains(root)));
  }

  turn(on) {
    this.on = on;
    localStorage.setItem("clearprop-shortcuts", on ? "on" : "off");
  }

  pressed(event) {
    const modified = event.ctrlKey || event.metaKey || event.altKey || event.isComposing;
    if (!this.on || modified || event.defaultPrevented || isTyping(event.target)) return;
    const found = this.shown().find(({ key }) => key === event.key);
    if (!found) return;
    event.preventDefault();
    found.action();
  }
}
