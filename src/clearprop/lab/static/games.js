// The number-guessing games: acts of real steps of a real network, one after another, forward and back.
import { fill, h, table } from "./dom.js";
import { scene } from "./cast.js";
import { beside } from "./plot.js";

const SPEEDS = [0.5, 1, 2], BEAT = 3200; // ms an act stays while it plays

export function mount(app, root) {
  const t = app.t;
  let game = null, players = 3, rounds = 5, round = 0, act = -1, timer = 0, speed = 1, ofRevision = 0, language = "";
  const head = h("div", {}), stage = h("div", { class: "g", role: "region", tabindex: "0" }), bar = h("div", { class: "row" });
  const said = h("p", { class: "act" }), tables = h("div", {});
  root.append(head, stage, said, bar, tables);
  const isStill = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isFirst = () => round === 0 && act < 0;
  const isLast = () => game && round === game.rounds.length - 1 && act === game.rounds[round].acts.length - 1;

  async function begin() {
    if (!app.isShown(root)) return;
    ({ language } = app.look);
    const answer = await app.get("game", { players: players === "own" ? "" : players, rounds }, "game");
    if (!answer) return;
    const isSame = game && game.rounds.length === answer.rounds.length && game.players === answer.players;
    [game, ofRevision] = [answer, answer.revision];
    if (!isSame) [round, act] = [0, -1];
    drawHead();
    draw(0);
  }

  function drawHead() {
    const choice = (name, label, list, now, set) => h("label", { class: "choice" }, h("span", {}, label), h("select", { name, onchange: (event) => { stop(); set(event.target.value); begin(); } },
      list.map(([value, words]) => h("option", { value, selected: String(value) === String(now) }, words))));
    const focused = head.contains(document.activeElement) ? document.activeElement.name : null;
    const widths = app.state.network.widths, isOwn = widths.every((n) => n === 1) && widths.length <= 3;
    fill(head, h("h3", {}, game.title ?? t("tab_games")), h("p", {}, game.cast), h("p", {}, game.porter), h("div", { class: "row" },
      choice("players", t("game_players"), [[2, t("game_players_2")], [3, t("game_players_3")], ...(isOwn ? [["own", t("game_players_own")]] : [])], players,
        (v) => { players = v === "own" ? v : Number(v); }),
      choice("rounds", t("game_rounds"), [1, 3, 5, 10, 20].map((n) => [n, String(n)]), rounds, (v) => { rounds = Number(v); })));
    if (focused) head.querySelector(`[name=${focused}]`)?.focus();
  }

  function draw(ms) {
    if (!game) return;
    const now = game.rounds[round], acts = now.acts, sentence = act < 0 ? t("round", { n: round + 1 }) : acts[act].says;
    stage.setAttribute("aria-label", t("game_stage"));
    fill(stage, scene(game, round, act, t, isStill() ? 0 : ms / speed));
    fill(said, h("strong", {}, t("game_at", { round: round + 1, rounds: game.rounds.length, act: act + 1, acts: acts.length })), " ", sentence,
      isLast() && game.end && ` ${game.end}`);
    drawBar();
    const done = game.rounds.slice(0, round + (act === acts.length - 1 ? 1 : 0)), L = game.players === 3 ? 2 : 1;
    const open = tables.querySelector("details")?.open, words = { table: t("plot_table") };
    const made = beside(words, t("tab_games"), () => table([t("game_round"), t("game_guess"), t("game_wanted"), t("loss")],
      done.map((one) => [String(one.round), one.texts[`a${L}[0]`], one.texts["y[0]"], one.texts.loss])));
    fill(tables, made);
    made.open = Boolean(open);
  }

  function drawBar() {
    const focused = bar.contains(document.activeElement) ? document.activeElement.name : null;
    const button = (name, words, go, disabled) => h("button", { type: "button", name, onclick: go, "aria-disabled": String(Boolean(disabled)) }, words);
    fill(bar, button("first", t("game_first"), () => { stop(); [round, act] = [0, -1]; draw(0); speak(); }, isFirst()),
      button("back", t("game_back"), () => { stop(); back(); }, isFirst()),
      button("next", t("game_next"), () => { stop(); next(); }, isLast()),
      button("play", t(timer ? "game_pause" : "game_play"), () => (timer ? stop() : playOn()), isLast()),
      h("label", { class: "choice" }, h("span", {}, t("speed")), h("select", { name: "speed", onchange: (event) => { speed = Number(event.target.value); } },
        SPEEDS.map((v) => h("option", { value: v, selected: v === speed }, `× ${v}`)))));
    if (focused) bar.querySelector(`[name=${focused}]`)?.focus();
  }

  const speak = () => app.say(said.textContent);

  function next() {
    if (isLast()) return;
    if (act < game.rounds[round].acts.length - 1) act += 1;
    else [round, act] = [round + 1, 0];
    draw(1400);
    speak();
  }

  function back() {
    if (isFirst()) return;
    if (act > (round ? 0 : -1)) act -= 1;
    else [round, act] = [round - 1, game.rounds[round - 1].acts.length - 1];
    draw(0);
    speak();
  }

  function playOn() {
    if (isLast()) return;
    timer = setTimeout(() => { if (!app.isShown(root)) return stop(); timer = 1; next(); return isLast() ? stop() : playOn(); }, timer ? BEAT / speed : 10);
    drawBar();
  }

  function stop() {
    clearTimeout(timer);
    timer = 0;
    if (game) drawBar();
  }

  app.on("shown", (id) => { if (id !== root.id) return stop();
    const isOld = language !== app.look.language || (players === "own" && ofRevision !== app.state.revision);
    return !game || isOld ? begin() : draw(0);
  });
  app.on("look", () => { if (game) begin(); });
  app.on("later", () => { if (players === "own" && game) { stop(); begin(); } });
  app.shortcut(root, "g", "game_next", () => { stop(); next(); });
  app.shortcut(root, "h", "game_back", () => { stop(); back(); });
  begin();
}
