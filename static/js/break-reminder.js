// A quiet line after a stretch of work. It comes with an item and leaves with one, so that nothing
// moves under the pointer; dismissed, it only stops being seen.
import { onWork } from "./active-time.js";

const KEY = "workbench-worked";
const BREAK = 5 * 60_000;
const STORE_EVERY = 5_000;
let unstored = 0;

function worked() {
  try {
    const { ms, at } = JSON.parse(localStorage.getItem(KEY));
    return Date.now() - at < BREAK ? ms : 0;
  } catch {
    return 0;
  }
}

const store = (ms) => localStorage.setItem(KEY, JSON.stringify({ ms, at: Date.now() }));

onWork((ms) => {
  unstored += ms;
  if (unstored < STORE_EVERY) return;
  store(worked() + unstored);
  unstored = 0;
});

export function breakReminder(desk) {
  const line = desk.querySelector("[data-break]");
  if (!line) return null;
  line.hidden = worked() < Number(line.dataset.break) * 60_000;
  line.querySelector("button").addEventListener("click", () => {
    store(0);
    line.classList.add("dismissed");
    desk.querySelector("[data-focus]").focus({ preventScroll: true });
  });
  return null;
}
