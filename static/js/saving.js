// The line that always says one of: saved, waiting (n), conflict (n); and what lies behind it.
import * as outbox from "./outbox.js";

// Sending takes a moment; only what takes longer is worth a question when one leaves.
const A_MOMENT = 3_000;
let since = 0;

export function saving() {
  const line = document.getElementById("saving");
  if (!line) return;
  document.addEventListener("outbox:changed", () => show(line));
  show(line);
  addEventListener("beforeunload", (event) => {
    if (outbox.waiting() && Date.now() - since > A_MOMENT) event.preventDefault();
  });
}

async function show(line) {
  const [waiting, refused] = [outbox.waiting(), outbox.refused()];
  if (!waiting) since = 0;
  else since ||= Date.now();
  const state = refused ? "conflict" : waiting ? "waiting" : "saved";
  line.dataset.state = state;
  for (const word of line.querySelectorAll("[data-when]")) word.hidden = word.dataset.when !== state;
  for (const number of line.querySelectorAll("[data-count]")) number.textContent = String(refused || waiting);
  await list(line.querySelector("[data-conflicts]"));
}

async function list(place) {
  const template = document.getElementById("conflict");
  const all = await outbox.conflicts();
  place.replaceChildren(...all.map((entry) => row(template, entry)));
}

function row(template, entry) {
  const node = template.content.cloneNode(true);
  node.querySelector("[data-item]").textContent = entry.item;
  node.querySelector("[data-why]").textContent = entry.why;
  const typed = [...new URLSearchParams(entry.fields)].filter(([name, value]) => value.length > 1 && /reason|text|response|note/.test(name));
  node.querySelector("[data-typed]").textContent = typed.map(([, value]) => value).join("\n");
  node.querySelector("[data-open]").href = entry.page;
  node.querySelector("[data-discard]").addEventListener("click", (event) => {
    const button = event.currentTarget;
    if (button.dataset.sure) return outbox.discard(entry.name);
    button.dataset.sure = "1";
    button.textContent = button.dataset.again;
  });
  return node;
}
