// Talks to the server (docs/lab-protocol.md): a token with every request, a revision with every change; answers that are
// out of date are dropped.

const AGAIN = [500, 1000, 2000, 4000, 8000]; // ms until the event stream is asked for again
const NO_ANSWER = -1;

/** What the server complained about, in words for people; `state` is the present one where ours was old. */
export class Complaint extends Error {
  constructor(words, status = 0, answer = {}) {
    super(words);
    this.status = status;
    this.kind = answer.error?.kind ?? "";
    this.at = answer.error?.at;
    this.state = answer.state ?? null;
  }
}

/**
 * Requests to the server that this page came from.
 *
 * `style()` goes with every request as a query, `view()` with those that are answered by a state; `revision()` is that of
 * the state shown. `fresh(state)` is told of a newer state, `complain(error)` what went wrong, `lost(is)` whether the
 * server is out of reach.
 */
export function connect({ style, view, revision, fresh, complain, lost }) {
  const token = keptToken();
  const slots = new Map();

  async function send(method, path, query, body, slot, quiet) {
    const controller = new AbortController();
    if (slot) {
      slots.get(slot)?.abort();
      slots.set(slot, controller);
    }
    try {
      const answer = await fetched(method, path, query, body, controller.signal);
      if (slot && slots.get(slot) !== controller) return null;
      if (answer.revision < revision()) return null;
      if (isState(answer) && method === "POST") fresh(answer);
      return answer;
    } catch (error) {
      if (error.name === "AbortError") return null;
      if (error.state && error.state.revision >= revision()) fresh(error.state);
      if (quiet) throw error;
      complain(error);
      return null;
    } finally {
      if (slots.get(slot) === controller) slots.delete(slot);
    }
  }

  async function fetched(method, path, query, body, signal) {
    const url = new URL(`/api/${path}`, location.origin);
    const isOfState = method === "POST" || path === "state";
    for (const [name, value] of Object.entries({ ...style(), ...(isOfState ? view() : {}), ...query }))
      if (value !== undefined && value !== null && value !== "") url.searchParams.set(name, value);
    const options = { method, headers: { "X-Clearprop-Token": token }, signal, cache: "no-store", redirect: "error" };
    if (method === "POST") {
      const isFile = body instanceof Blob;
      options.headers["Content-Type"] = isFile ? "application/octet-stream" : "application/json";
      if (isFile) url.searchParams.set("revision", revision());
      options.body = isFile ? body : JSON.stringify({ revision: revision(), ...body });
    }
    const response = await reached(url, options);
    const isJson = response.headers.get("Content-Type")?.startsWith("application/json");
    const answer = isJson ? await response.json() : { text: await response.text() };
    if (!response.ok) throw new Complaint(answer.error?.message ?? response.statusText, response.status, answer);
    return answer;
  }

  async function reached(url, options) {
    try {
      const response = await fetch(url, options);
      lost(false);
      return response;
    } catch (error) {
      if (error.name === "AbortError") throw error;
      lost(true);
      throw new Complaint("", NO_ANSWER);
    }
  }

  return {
    get: (path, query = {}, slot = "", { quiet = false } = {}) => send("GET", path, query, null, slot, quiet),
    post: (path, body = {}, slot = "", { quiet = false, query = {} } = {}) => send("POST", path, query, body, slot, quiet),
    drop: (slot) => slots.get(slot)?.abort(),
    token,
  };
}

export const isState = (answer) => answer.mode !== undefined && answer.network !== undefined;

/** The token of the address that `clearprop lab` opened; kept for this tab, and taken out of the address. */
function keptToken() {
  const fragment = new URLSearchParams(location.hash.slice(1));
  const token = fragment.get("token") ?? sessionStorage.getItem("clearprop-token") ?? "";
  if (fragment.has("token")) {
    sessionStorage.setItem("clearprop-token", token);
    fragment.delete("token");
    history.replaceState(null, "", `${location.pathname}${fragment.size ? `#${fragment}` : ""}`);
  }
  return token;
}

/**
 * The server's events, for as long as the page is seen.
 *
 * A browser asks again by itself where a connection broke, but never after an answer with an error status, so a new
 * stream is opened by hand. A page in the background closes its stream: a browser has six connections to a server.
 */
export function listen(address, heard, lost) {
  let source = null, failures = 0, timer = 0, wasOpen = false;

  function open() {
    clearTimeout(timer);
    if (source || document.hidden) return;
    source = new EventSource(address);
    source.onopen = () => {
      failures = 0;
      lost(false);
      if (wasOpen) heard(null); // something may have happened meanwhile
      wasOpen = true;
    };
    source.addEventListener("state", (event) => heard(JSON.parse(event.data)));
    source.onerror = () => {
      close();
      timer = setTimeout(() => { open(); heard(null); }, AGAIN[Math.min(failures++, AGAIN.length - 1)]);
    };
  }

  function close() {
    source?.close();
    source = null;
  }

  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
  return close;
}
