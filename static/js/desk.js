// The desk: keys, focus after a swap, active time. Each widget keeps its own module.
import { fold, switchView } from "./reading.js";
import { questions, why } from "./questions.js";
import { ranking } from "./ranking.js";
import { spans } from "./spans.js";
import { activeTime } from "./active-time.js";

const OFF = "workbench-keys-off";
const GUIDELINE = "workbench-guideline";
const WRITING = "input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea, select";
let desk = null;
let widgets = [];

htmx.onLoad((node) => {
  const found = node.id === "desk" ? node : node.querySelector?.("#desk");
  if (!found || found === desk) return;
  const first = desk === null;
  desk = found;
  fold(desk);
  widgets = [questions(desk), ranking(desk), spans(desk), activeTime(desk)].filter(Boolean);
  keysSwitch();
  rememberGuideline();
  for (const button of desk.querySelectorAll("[data-reason]")) button.addEventListener("click", fillReason);
  if (!first) {
    window.scrollTo(0, 0);
    desk.querySelector("[data-focus]").focus({ preventScroll: true });
  }
});

function keysSwitch() {
  const box = desk.querySelector("[data-keys-off]");
  if (!box) return;
  box.checked = localStorage.getItem(OFF) === "1";
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "1" : "0"));
}

// Open beside the item where there is room, folded on a telephone, as the person left it.
function rememberGuideline() {
  const guideline = desk.querySelector("[data-guideline]");
  if (!guideline) return;
  const narrow = matchMedia("(max-width: 900px)").matches;
  guideline.open = narrow ? false : localStorage.getItem(GUIDELINE) !== "closed";
  guideline.addEventListener("toggle", () => {
    if (!narrow) localStorage.setItem(GUIDELINE, guideline.open ? "open" : "closed");
  });
}

function fillReason(event) {
  const field = event.target.closest("form").querySelector("textarea");
  field.value = event.target.dataset.reason;
  field.focus();
}

document.addEventListener("keydown", (event) => {
  if (!desk || event.defaultPrevented || event.altKey || event.metaKey) return;
  const writing = event.target.matches(WRITING);
  if (event.key === "Enter" && (event.ctrlKey || !writing)) return enter(event);
  if (event.key === "Escape" && writing) return event.target.blur();
  if (writing || event.ctrlKey || localStorage.getItem(OFF) === "1") return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  if (widgets.some((widget) => widget.key?.(key, event)) || act(key)) event.preventDefault();
});

function enter(event) {
  if (event.target.closest("button, a, summary") || event.target.closest(".pop[open] form")) {
    if (!event.ctrlKey) return;
  }
  const open = desk.querySelector(".pop[open] form");
  const form = open || desk.querySelector("#answer");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit();
}

function act(key) {
  const named = desk.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (named) return press(named);
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if (key === "g") return toggleGuideline();
  if (key === "n") return why(desk.querySelector("[data-question].active") || desk);
  return false;
}

function press(node) {
  if (node.matches("details")) {
    node.open = !node.open;
    if (node.open) node.querySelector("textarea, h2")?.focus();
  } else if (node.matches("form")) node.requestSubmit();
  else node.click();
  return true;
}

function step(by) {
  const all = [...desk.querySelectorAll("[data-response]")];
  const at = all.findIndex((node) => node.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 && by > 0 ? 0 : at + by))];
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
  return true;
}

function toggleGuideline() {
  const guideline = desk.querySelector("[data-guideline]");
  if (guideline) guideline.open = !guideline.open;
  return true;
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-view]");
  if (button) switchView(desk, button);
});
