// The item after the one on the screen, fetched while that one is judged.
import { adopted, post } from "./server.js";

let next = null;
let asking = null;

export const itemOf = (html) => /data-item-id="([^"]+)"/.exec(html)?.[1] ?? null;

export function keep(html, response) {
  const made = html && adopted(html, response);
  next = made && itemOf(made) ? { id: itemOf(made), html: made } : null;
  note();
}

// For whoever looks from outside, tests among them.
function note() {
  const desk = document.getElementById("desk");
  if (desk) desk.dataset.ahead = next ? "here" : "none";
}

export function take() {
  const taken = next && hasGuideline(next.html) ? next : null;
  next = null;
  return taken;
}

// It may have come without a guideline that was on the page then and is no longer.
function hasGuideline(html) {
  const id = /id="(guideline-[^"]+)"/.exec(html)?.[1];
  return !id || html.includes("data-guideline") || document.getElementById(id) !== null;
}

// Ask for the one after this desk's, unless it is here. Fails in silence: then it comes with the answer.
export function fetchAfter(desk) {
  const showing = desk?.dataset.itemId;
  if (!showing || next?.id === showing) next = null;
  if (next) note();
  if (!showing || next || asking === showing || desk.dataset.mode !== "judge") return;
  asking = showing;
  post(desk.dataset.upcoming, { showing })
    .then(async (response) => {
      if (!response.ok) return;
      const { upcoming } = await response.json();
      // The same desk, or another of the same item: what was entered came back into it meanwhile.
      if (document.getElementById("desk")?.dataset.itemId === showing) keep(upcoming, response);
    })
    .catch(() => {})
    .finally(() => (asking = null));
}
