// Settling and reviewing by key: each key presses what shows it, in this person's own keys.
import { meant, show } from "./keys.js";

const OFF = "workbench-keys-off";
const WRITING = "input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea, select";
let area = null;

htmx.onLoad((node) => {
  const found = node.matches?.("[data-decide]") ? node : node.querySelector?.("[data-decide]");
  if (!found || found === area) return;
  const first = area === null;
  area = found;
  show(area);
  if (first) return;
  window.scrollTo(0, 0);
  area.querySelector("[data-focus]").focus({ preventScroll: true });
  // In a region that was there before, so that a screen reader says it.
  document.getElementById("announce").textContent = area.querySelector("[data-said]")?.textContent.trim() ?? "";
});

document.addEventListener("keydown", (event) => {
  if (!area || event.defaultPrevented || event.altKey || event.metaKey || event.ctrlKey || event.repeat) return;
  if (event.target.matches(WRITING)) return event.key === "Escape" ? event.target.blur() : undefined;
  if (event.key.length !== 1 || localStorage.getItem(OFF) === "1") return;
  const named = area.querySelector(`[data-key="${CSS.escape(meant(event.key.toLowerCase()))}"]`);
  if (!named) return;
  event.preventDefault();
  if (named.matches("form")) named.requestSubmit();
  else if (named.matches("textarea")) named.focus();
  else named.click();
});
