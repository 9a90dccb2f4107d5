// Reading aids above the responses, and what they do. Each aid has a module of its own.
import { chooseNext, chosen } from "./choices.js";
import { fold } from "./fold.js";
import { arrange, layout } from "./layout.js";
import { reachable } from "./reachable.js";

export function reading(desk) {
  fold(desk);
  reachable(desk);
  CSS.highlights?.delete("differs");
  const place = desk.querySelector("[data-reading-tools]");
  if (!place) return;
  legend(desk);
  place.replaceWith(tools(desk));
  layout(desk);
}

// The tools are on the page once, beside the desk, and come into each item as it is shown.
function tools(desk) {
  const bar = copy("reading-tools");
  for (const node of useless(desk, bar)) node.remove();
  for (const button of bar.querySelectorAll("[data-choose]")) {
    say(button);
    button.addEventListener("click", () => choose(desk, button));
  }
  const button = bar.querySelector("[data-differences]");
  if (button) differencesOnDemand(desk, button, bar.querySelector("[data-differences-note]"));
  return bar;
}

// Few ask for them, so even what shows them is loaded only then.
function differencesOnDemand(desk, button, note) {
  let ready = null;
  button.addEventListener("click", async () => {
    ready ??= import("./differences.js").then((module) => module.differences(desk, button, note));
    try {
      (await ready)();
    } catch {
      ready = null;
      note.textContent = button.dataset.failed;
    }
  });
}

function legend(desk) {
  const rows = copy("reading-keys");
  for (const node of useless(desk, rows)) node.remove();
  desk.querySelector("[data-keys]")?.append(...rows.children);
}

const copy = (id) => document.getElementById(id).content.firstElementChild.cloneNode(true);

function useless(desk, node) {
  // Conversations lie turn by turn: there are no two texts to put beside each other.
  const several = desk.querySelector("[data-which]") && !desk.querySelector("[data-in-turns]");
  const views = desk.querySelector(".rendered");
  return [...node.querySelectorAll("[data-if]")].filter((part) => !(part.dataset.if === "several" ? several : views));
}

function choose(desk, button) {
  if (!button.checkVisibility({ visibilityProperty: true })) return;
  chooseNext(button.dataset.choose);
  const said = say(button);
  document.getElementById("announce").textContent = said;
  arrange(desk);
  reachable(desk);
  desk.querySelector(".responses").dispatchEvent(new Event("reading"));
}

// A switch shows whether it is on; any other button shows what is chosen now. Gives it in words.
function say(button) {
  const value = chosen(button.dataset.choose);
  const said = button.dataset[value];
  if (button.dataset.on) button.setAttribute("aria-pressed", String(value === button.dataset.on));
  else button.querySelector(".label").textContent = said;
  return said;
}
