// Answers on their way: kept in the vault until the server has them, sent in order, once each by
// their key. Any page of this person sends what an earlier one left behind.
//
// Fires on the document: outbox:changed; outbox:sent {entry, reply, response}; outbox:refused {entry, reply,
// response}, where preventDefault() says that the page shows it and nothing need be kept;
// outbox:stuck {entry} when there is no connection; outbox:closed when the log-in has ended.
import { get, names, onChange, put, remove } from "./vault.js";
import { post, renew } from "./server.js";

const WAITING = "q:";
const REFUSED = "c:";
// The server has looked at these and will not change its mind.
const FINAL = [403, 404, 409, 413, 422];
const FIRST_PAUSE = 1_000;
// The person may be waiting with it: the server is back before they give up on it.
const LONGEST_PAUSE = 5_000;
let pause = FIRST_PAUSE;
let timer = 0;
let underWay = null;

export const waiting = () => names(WAITING).length;
export const refused = () => names(REFUSED).length;
const fire = (kind, detail = {}) =>
  document.dispatchEvent(new CustomEvent(`outbox:${kind}`, { detail, cancelable: true }));

// entry: {url, fields (urlencoded), item, page}. Its name sorts by time.
export async function add(entry) {
  await put(`${WAITING}${Date.now()}-${crypto.getRandomValues(new Uint32Array(1))[0]}`, entry);
  fire("changed");
}

export async function conflicts() {
  const all = names(REFUSED).map(async (name) => ({ name, ...(await get(name)) }));
  return (await Promise.all(all)).filter((entry) => entry.url);
}

export function discard(name) {
  remove(name);
  fire("changed");
}

export async function keepAsRefused(entry, why) {
  await forgetRefused(entry);
  await put(`${REFUSED}${Date.now()}`, { ...entry, why });
  fire("changed");
}

// An answer that was refused stays in its form and may be sent from there again, under the same key.
const keyOf = ({ fields }) => new URLSearchParams(fields).get("key");

async function forgetRefused(entry) {
  for (const earlier of await conflicts()) if (keyOf(earlier) === keyOf(entry)) remove(earlier.name);
}

// Send what waits, one tab at a time. Resolves when nothing waits or nothing more can be sent now.
export function flush() {
  underWay ??= alone(sendAll).finally(() => (underWay = null));
  return underWay;
}

// Where another tab is sending, its turn is waited for: it may be about to close.
const alone = (act) => (navigator.locks ? navigator.locks.request("workbench-outbox", act) : act());

async function sendAll() {
  clearTimeout(timer);
  for (let name; (name = names(WAITING)[0]); ) {
    const entry = await get(name);
    if (entry === null) {
      remove(name);
      continue;
    }
    const outcome = await attempt(entry);
    if (outcome === "closed") return fire("closed");
    if (outcome === "stuck") return later(entry);
    pause = FIRST_PAUSE;
    const { reply, response } = outcome;
    if (response.ok) await forgetRefused(entry);
    else if (fire("refused", { entry, reply, response })) await keepAsRefused(entry, reply.why);
    // Only now: a page that is closed in between must not lose it.
    remove(name);
    if (response.ok) fire("sent", { entry, reply, response });
    fire("changed");
  }
}

async function attempt(entry) {
  try {
    let response = await post(entry.url, entry.fields);
    if (response.status === 400) {
      // The token was of an earlier session.
      if (!(await renew())) return "closed";
      response = await post(entry.url, entry.fields);
    }
    if (response.status === 401) return "closed";
    if (response.ok) return { response, reply: await response.json() };
    if (FINAL.includes(response.status)) return { response, reply: await explained(response) };
  } catch {
    // No line, no answer in time, or an answer that was cut off: the same key is sent again.
  }
  return "stuck";
}

async function explained(response) {
  const text = await response.text();
  return response.headers.get("Content-Type")?.includes("json") ? JSON.parse(text) : { why: text.trim() };
}

function later(entry) {
  timer = setTimeout(flush, pause);
  pause = Math.min(2 * pause, LONGEST_PAUSE);
  fire("stuck", { entry });
}

addEventListener("online", () => waiting() && flush());
onChange(() => fire("changed"));
