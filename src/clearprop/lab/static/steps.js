// Steps in time: at the grain that one chooses, forward and back, one by one or played, and rewound to where it began.

import { choice, h, refill, s } from "./dom.js";

const RUN = "run"; // beside the server's grains: trains on in the background
const SPEEDS = [0.25, 0.5, 1, 2, 4, 8, 16]; // steps in a second
const SIGNS = { // of buttons, drawn: not every font has them
  rewind: "M3 2v12M14 2L5 8l9 6z", step_back: "M12 2L3 8l9 6z",
  undo: "M6 2L2 6l4 4M2 6h7a4 4 0 0 1 0 8h-3", redo: "M10 2l4 4-4 4M14 6h-7a4 4 0 0 0 0 8h3",
};
const GRAIN = "layer", SPEED = 2; // at the beginning

export function mount(app, root) {
  return new Steps(app, root);
}

class Steps {
  constructor(app, root) {
    Object.assign(this, { app, root, grain: GRAIN, speed: SPEED, playing: null });
    this.bar = h("div", { class: "bar" });
    this.place = h("p", { class: "place" });
    this.sentence = h("p", { class: "sentence" });
    this.trouble = h("p", { class: "trouble", role: "status" });
    root.append(this.bar, this.place, this.sentence, this.trouble);
    this.build();
    app.on("state", () => this.write());
    app.on("look", () => { this.build(); this.write(); });
    app.on("record", (record) => this.writePlace(record.time));
    for (const [key, word, action] of [
      ["n", "step_on", () => this.step(1)], ["b", "step_back", () => this.step(-1)],
      ["p", "play", () => this.toggle()], ["r", "rewind", () => this.rewind()], ["u", "undo", () => this.change("undo")],
    ]) app.shortcut(root, key, word, action);
    this.write();
  }

  build() {
    const { app } = this;
    const button = (does, action) => h("button", {
      type: "button", "data-key": does, "aria-label": app.t(does), title: app.t(does), onclick: action, class: "sign",
    }, s("svg", { viewBox: "0 0 16 16", "aria-hidden": "true" }, s("path", { d: SIGNS[does] })));
    this.buttons = {
      rewind: button("rewind", () => this.rewind()),
      back: button("step_back", () => this.step(-1)),
      play: h("button", { type: "button", "data-key": "play", class: "main", onclick: () => this.toggle() }),
      on: h("button", { type: "button", "data-key": "step_on", class: "main", onclick: () => this.step(1) }, app.t("step_on")),
      undo: button("undo", () => this.change("undo")),
      redo: button("redo", () => this.change("redo")),
    };
    const grains = [...app.choices.grains, RUN];
    const speed = SPEEDS.indexOf(this.speed);
    this.slider = h("label", { class: "choice" }, h("span", {}, app.t("speed")), h("input", {
      type: "range", "data-key": "speed", min: 0, max: SPEEDS.length - 1, step: 1, value: speed, "aria-valuetext": this.speedText(),
      oninput: (event) => {
        this.speed = SPEEDS[event.target.value];
        event.target.setAttribute("aria-valuetext", this.speedText());
      },
    }));
    const { rewind, back, play, on, undo, redo } = this.buttons;
    refill(this.bar, h("div", { class: "group" }, rewind, back, on, play),
      choice(app.t("grain"), grains, this.grain, (name) => app.t(`grain_${name}`), (name) => { this.grain = name; this.write(); },
        { "data-key": "grain" }),
      this.slider, h("div", { class: "group" }, undo, redo));
  }

  speedText() {
    return this.app.t("steps_a_second", { n: String(this.speed) });
  }

  write() {
    const { state } = this.app;
    const { time, cursor, trouble } = state;
    const runs = time.is_running, moves = runs || this.playing !== null;
    const off = (name, is) => this.buttons[name].setAttribute("aria-disabled", String(is));
    off("rewind", runs || (time.step === 0 && cursor.at === 0));
    off("back", runs || !time.can_go_back);
    off("on", runs || this.grain === RUN);
    off("undo", runs || !time.can_undo);
    off("redo", runs || !time.can_redo);
    this.buttons.play.textContent = this.app.t(moves ? "pause" : this.grain === RUN ? "train" : "play");
    this.writePlace(time);
    if (this.sentence.textContent !== cursor.says) this.sentence.textContent = cursor.says;
    const words = trouble ? `${trouble.says} ${trouble.advice ?? ""}` : "";
    if (this.trouble.textContent !== words) this.trouble.textContent = words;
    this.trouble.hidden = !words;
    if (trouble) this.playing = null;
  }

  writePlace(time) {
    const { app } = this;
    const key = time.batches > 1 ? "place_of_batch" : "place";
    this.place.textContent = app.t(key, {
      step: time.step, epoch: time.epoch, batch: time.batch + 1, batches: time.batches, at: app.state.cursor.at,
      of: app.state.cursor.of, phase: app.t(`phase_${app.state.cursor.phase}`),
    });
  }

  /** One step at the grain chosen; spoken in one sentence. */
  async step(direction, grain = this.grain) {
    const isOff = this.buttons[direction > 0 ? "on" : "back"].getAttribute("aria-disabled") === "true";
    if (isOff && !this.playing) return null;
    const asked = grain === RUN ? "epoch" : grain;
    const state = await this.app.post("step", { grain: asked, direction, count: 1 }, "step");
    if (state) this.app.say(state.cursor.says);
    return state;
  }

  async rewind() {
    const { app } = this;
    this.playing = null;
    app.post(() => app.state.time.is_running && ["pause", {}, "run"]);
    const state = await app.post("rewind", {}, "step");
    if (state) this.app.say(this.app.t("rewound"));
  }

  async change(which) {
    if (this.buttons[which].getAttribute("aria-disabled") === "true") return;
    this.playing = null;
    const state = await this.app.post(which, {}, "step");
    if (state) this.app.say(this.app.t(`${which}ne`));
  }

  async toggle() {
    const { app } = this;
    if (this.playing) this.playing = null;
    else if (app.state.time.is_running || this.grain === RUN)
      await app.post(() => (app.state.time.is_running ? ["pause", {}, "run"] : ["run", { epochs: null }, "run"]));
    else await this.play();
    this.write();
  }

  /** Step after step, as long as each is answered and nobody has stopped it, or begun anew. */
  async play() {
    const mine = this.playing = {};
    this.write();
    while (this.playing === mine) {
      const began = performance.now();
      const state = await this.step(1);
      if (!state || state.trouble) break;
      const rest = 1000 / this.speed - (performance.now() - began);
      await new Promise((go) => setTimeout(go, Math.max(0, rest)));
    }
    if (this.playing === mine) this.playing = null;
    this.write();
  }
}
