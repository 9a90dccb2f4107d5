// "I need a pause": one press takes the item off the screen, before the server knows and without it.
import { take } from "./ahead.js";
import { waiting } from "./outbox.js";

// From the press until the server knows of it, or the person goes on.
let away = false;

// In front of the outbox, which may hold the form back until it has sent what waits.
document.addEventListener(
  "submit",
  (event) => {
    if (!event.target.matches("[data-pause]")) return;
    away = true;
    const desk = document.getElementById("desk");
    desk.classList.add("resting");
    desk.querySelector("#rest-title").focus();
  },
  true,
);

// The server could not be told, or an answer had to go first: now it can.
function tell() {
  if (away && !waiting()) document.querySelector("[data-pause]")?.requestSubmit();
}

addEventListener("online", tell);
// When what the answer brings is on the desk.
document.addEventListener("outbox:sent", () => setTimeout(tell));

export function pause(desk) {
  const paused = desk.dataset.paused ?? null;
  keepPausing(paused);
  if (paused) {
    away = false;
    // The next item went back with the one on the screen.
    take();
  }
  // What comes by itself meanwhile, an item in place of one that others judged, stays off the screen.
  desk.classList.toggle("resting", away);
  // The server does not know yet: the item is still held, as it was left.
  desk.querySelector("[data-resume]")?.addEventListener("click", () => {
    away = false;
    desk.classList.remove("resting");
    desk.querySelector("[data-focus]").focus({ preventScroll: true });
  });
  return null;
}

export const resting = () => away;

// Loading the page again in a pause does not fetch an item.
function keepPausing(paused) {
  const address = paused ?? location.pathname.replace(/\/items\/[^/]+\/paused$/, "");
  if (address !== location.pathname) history.replaceState(history.state, "", address);
}
