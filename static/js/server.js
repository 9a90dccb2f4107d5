// Talking to the server from scripts: the token, the nonce of what comes back, logging in again.
const meta = () => document.querySelector("meta[name=csrf-token]");
const nonce = document.querySelector("script[nonce]").nonce;

export const token = () => meta().content;
export const person = () => document.querySelector("meta[name=storage]")?.dataset.name ?? null;

// Longer than the slowest line takes; the server keeps what it stored, and the same key is sent again.
const PATIENCE = 20_000;

// What of a desk the page has already, so that the server need not send it again.
export function here() {
  const guideline = document.querySelector(".guideline");
  return guideline ? { "X-Guideline": guideline.id } : {};
}

export function post(url, fields = {}) {
  const body = new URLSearchParams(fields);
  body.set("csrf_token", token());
  return fetch(url, {
    method: "POST",
    headers: { Accept: "application/json", "In-Place": "1", ...here() },
    body,
    redirect: "manual",
    signal: AbortSignal.timeout(PATIENCE),
  });
}

// HTML out of a JSON reply, stamped as this page's own. htmx does the same for what it fetches itself.
export function adopted(html, response) {
  const theirs = /'nonce-([^']+)'/.exec(response.headers.get("Content-Security-Policy") ?? "")?.[1];
  const clean = html.replaceAll(nonce, "");
  return theirs ? clean.replaceAll(`nonce="${theirs}"`, `nonce="${nonce}"`) : clean;
}

// Take over the token of the present session. False when there is none, or it is another person's.
export async function renew() {
  const response = await fetch("/session", { headers: { Accept: "application/json" } });
  const { name, csrf_token } = await response.json();
  meta().content = csrf_token;
  stamp(document);
  return name !== null && name === person();
}

// Forms that were made under an earlier session, or kept ready, carry the present token.
export function stamp(node) {
  for (const field of node.querySelectorAll("input[name=csrf_token]")) field.value = token();
}
