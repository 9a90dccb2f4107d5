// Words that differ between two responses, underlined when one asks for it. The server compares
// them; it counts characters without blanks, so that it does not matter where the page breaks lines.
import { placeRead } from "./layout.js";

const BLANK = /[ \t\n\r\f]/;

// Gives what switches them on and off.
export function differences(desk, button, note) {
  const answers = new Map();
  let shown = "";

  const show = async () => {
    const query = button.getAttribute("aria-pressed") === "true" ? queryFor(desk) : "";
    if (query === shown) return;
    shown = query;
    CSS.highlights?.delete("differs");
    note.textContent = "";
    if (!query) return;
    if (!answers.has(query)) answers.set(query, await ask(desk, query));
    const found = answers.get(query);
    if (query !== shown || !desk.isConnected) return;
    if (!found) answers.delete(query);
    note.textContent = !found ? button.dataset.failed : globalThis.Highlight ? found.note : button.dataset.unable;
    if (found) paint(desk, found.spans);
  };
  desk.querySelector(".responses").addEventListener("reading", show);
  return () => {
    button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") !== "true"));
    show();
  };
}

// The response that is being read beside the first one; for the first one the second.
function queryFor(desk) {
  const of = Number(placeRead(desk)) || 1;
  return new URLSearchParams({ of, to: 0, view: textOf(desk, of).matches(".rendered") ? "formatted" : "written" }).toString();
}

async function ask(desk, query) {
  const answered = new URL(desk.querySelector("#answer").getAttribute("action"), location);
  const address = new URL(`differences?${query}`, answered);
  const answer = await fetch(address, { headers: { Accept: "application/json" } }).catch(() => null);
  return answer?.ok ? answer.json() : null;
}

// What the card shows of its text, be the card itself in sight or not.
function textOf(desk, place) {
  const card = desk.querySelector(`.response[data-place="${place}"]`);
  const all = [...card.querySelectorAll(".judged")];
  return all.find((text) => getComputedStyle(text).display !== "none") ?? card;
}

function paint(desk, spans) {
  const ranges = Object.entries(spans).flatMap(([place, passages]) => rangesOf(textOf(desk, place), passages));
  if (globalThis.Highlight) CSS.highlights.set("differs", new Highlight(...ranges));
}

// Passages as [start, end) in code points that are no blanks, in order and apart.
function rangesOf(text, passages) {
  const ranges = [];
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let range = null;
  let passed = 0;
  let node;
  while ((node = walker.nextNode()) && ranges.length < passages.length) {
    let at = 0;
    for (const point of node.data) {
      at += point.length;
      if (BLANK.test(point)) continue;
      const [start, end] = passages[ranges.length] ?? [];
      if (passed === start) (range = document.createRange()).setStart(node, at - point.length);
      passed += 1;
      if (passed !== end) continue;
      range.setEnd(node, at);
      ranges.push(range);
    }
  }
  return ranges;
}
