// Milliseconds with the tab visible and focused and the person there, in a hidden field.
import { resting } from "./pause.js";

const IDLE = 60_000;
let field = null;
let last = performance.now();
let touched = last;
const listeners = [];

// Called with the milliseconds of work since the call before.
export const onWork = (listener) => listeners.push(listener);

export function activeTime(desk) {
  field = desk.querySelector("[data-active-time]");
  last = touched = performance.now();
  return null;
}

function tick() {
  const now = performance.now();
  const there = document.visibilityState === "visible" && document.hasFocus() && now - touched < IDLE && !resting();
  if (field && there) field.value = Math.round(Number(field.value) + now - last);
  if (there) listeners.forEach((listener) => listener(now - last));
  last = now;
}

for (const name of ["pointermove", "keydown", "scroll", "pointerdown"]) {
  document.addEventListener(name, () => (touched = performance.now()), { passive: true, capture: true });
}
for (const name of ["visibilitychange", "focus", "blur"]) window.addEventListener(name, tick, true);
document.addEventListener("submit", tick, true);
setInterval(tick, 500);
