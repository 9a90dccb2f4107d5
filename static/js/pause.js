// "I need a pause": one press takes the item off the screen, before the server knows and without it.
import { take } from "./ahead.js";

const PARAMETER = "paused";
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
  // The server did not answer: the item is still held, as it was left.
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
  const address = new URL(location.href);
  if (address.searchParams.get(PARAMETER) === paused) return;
  if (paused) address.searchParams.set(PARAMETER, paused);
  else address.searchParams.delete(PARAMETER);
  history.replaceState(history.state, "", address);
}
