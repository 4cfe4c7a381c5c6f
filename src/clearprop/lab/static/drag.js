// A weight is dragged by its arrow: up makes it larger, down smaller; + and − do the same by keyboard, Enter uses the value,
// Escape lets it go. What the loss would be, as predicted and truly, is worked out by the lever of the panel (whatif.js).

const WEIGHT = /^(W|b)\d+\[/;
const FAR = 4, LONG = 300; // px until it is a drag and not a click, and for the whole range of the lever
const STEPS = { "+": 1, "=": 1, "-": -1, "−": -1 };

export function draggable(app, sheet) {
  let held = null, isJustMoved = false;

  const weightOf = (target) => {
    const { name, of } = target.closest?.("[data-name], [data-of]")?.dataset ?? {};
    return WEIGHT.test(name ?? of ?? "") ? (name ?? of) : "";
  };
  const take = (of) => {
    app.open("panel");
    app.select(of);
  };

  sheet.addEventListener("pointerdown", (event) => {
    isJustMoved = false;
    const of = weightOf(event.target);
    if (!of || event.button || app.state.time.is_running) return;
    if (event.pointerType === "touch" && of !== app.selected) return; // a finger moves the sheet, until one is chosen
    held = { of, y: event.clientY, id: event.pointerId };
  });
  sheet.addEventListener("pointermove", (event) => {
    if (event.pointerId !== held?.id) return;
    const up = held.y - event.clientY;
    if (!isJustMoved && Math.abs(up) < FAR) return;
    if (!isJustMoved) {
      isJustMoved = true;
      sheet.setPointerCapture(held.id);
      take(held.of);
    }
    app.emit("drag", { of: held.of, share: up / LONG });
  });
  for (const kind of ["pointerup", "pointercancel"]) sheet.addEventListener(kind, () => { held = null; });
  sheet.addEventListener("click", (event) => { if (isJustMoved) event.stopPropagation(); isJustMoved = false; }, true);

  sheet.addEventListener("keydown", (event) => {
    const of = weightOf(event.target);
    if (!of || event.ctrlKey || event.metaKey || event.altKey) return;
    const isDragged = app.dragged === of;
    if (event.key in STEPS) {
      take(of);
      app.emit("drag", { of, steps: STEPS[event.key] });
    } else if (event.key === "Enter" && isDragged) app.emit("drag", { of, end: "accept" });
    else if (event.key === "Escape" && isDragged) app.emit("drag", { of, end: "drop" });
    else return;
    event.preventDefault();
    event.stopPropagation();
  }, true);
}
