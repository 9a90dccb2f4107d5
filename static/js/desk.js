// The desk: keys, focus after a swap, active time. Each widget keeps its own module.
import { fold, oneAtATime, showResponse, switchView } from "./reading.js";
import { questions, why } from "./questions.js";
import { problems } from "./problems.js";
import { ranking } from "./ranking.js";
import { spans } from "./spans.js";
import { activeTime } from "./active-time.js";

const OFF = "workbench-keys-off";
const GUIDELINE = "workbench-guideline";
const WRITING = "input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea, select";
// Held down, these go on; any other key counts once.
const REPEATING = /^(Arrow.*|j|k)$/;
let desk = null;
let widgets = [];

htmx.onLoad((node) => {
  if (desk && node.id === "problems") return refused(node);
  const found = node.id === "desk" ? node : node.querySelector?.("#desk");
  if (!found || found === desk) return;
  const first = desk === null;
  desk = found;
  fold(desk);
  oneAtATime(desk);
  roomForFoot();
  widgets = [questions(desk), ranking(desk), spans(desk), activeTime(desk)].filter(Boolean);
  keysSwitch();
  rememberGuideline();
  for (const button of desk.querySelectorAll("[data-reason]")) button.addEventListener("click", fillReason);
  refused(desk.querySelector("#problems"));
  if (first) return;
  window.scrollTo(0, 0);
  desk.querySelector("[data-focus]").focus({ preventScroll: true });
  // In a region that was there before, so that a screen reader says it.
  document.getElementById("announce").textContent = desk.querySelector("#status").textContent.trim();
});

// The server need not send a guideline that is here already.
document.addEventListener("htmx:config:request", (event) => {
  const panel = desk?.querySelector(".guideline");
  if (panel) event.detail.ctx.request.headers["X-Guideline"] = panel.id;
});

document.addEventListener("htmx:before:request", () => {
  document.getElementById("announce").textContent = "";
});

function refused(list) {
  problems(desk, list, widgets.find((widget) => widget.show)?.show);
}

// What stands fixed at the foot must not cover what has the focus.
const feet = new ResizeObserver(() => {
  const height = [...desk.querySelectorAll(".answer-bar, .at-foot")].reduce((sum, foot) => sum + foot.offsetHeight, 0);
  document.documentElement.style.setProperty("--foot", `${height + 8}px`);
});

function roomForFoot() {
  feet.disconnect();
  for (const foot of desk.querySelectorAll(".answer-bar, .at-foot")) feet.observe(foot);
}

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
  if (guideline.dataset.remembered) return;
  guideline.dataset.remembered = "1";
  guideline.addEventListener("toggle", () => {
    if (!narrow) localStorage.setItem(GUIDELINE, guideline.open ? "open" : "closed");
    else if (guideline.open) guideline.scrollIntoView({ block: "start" });
  });
}

function fillReason(event) {
  const field = event.target.closest("form").querySelector("textarea");
  field.value = event.target.dataset.reason;
  field.focus();
}

document.addEventListener("keydown", (event) => {
  if (!desk || event.defaultPrevented || event.altKey || event.metaKey) return;
  if (event.key === "Enter") return enter(event);
  const writing = event.target.matches(WRITING);
  if (event.key === "Escape" && writing) return event.target.blur();
  if (writing || event.ctrlKey) return;
  const letter = event.key.length === 1;
  if (letter && localStorage.getItem(OFF) === "1") return;
  const key = letter ? event.key.toLowerCase() : event.key;
  if (event.repeat && !REPEATING.test(key)) return;
  if (widgets.some((widget) => widget.key?.(key, event)) || act(key)) event.preventDefault();
});

// Enter submits, but in a text it is a new line and on a button it is a press. With Ctrl it always
// submits. In the short texts of the foot it sends, and Shift makes the new line.
function enter(event) {
  const short = event.target.matches(".pop textarea") && !event.shiftKey;
  if (!event.ctrlKey && !short && event.target.closest(`${WRITING}, button, a, summary`)) return;
  const pop = event.target.closest(".pop");
  const form = pop ? pop.querySelector("form") : desk.querySelector("#answer");
  if (!form) return;
  event.preventDefault();
  if (!event.repeat) form.requestSubmit();
}

function act(key) {
  const named = desk.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (named) return press(named);
  if (key === "j" || key === "k") return step(key === "j" ? 1 : -1);
  if (key === "g") return toggleGuideline();
  if (key === "n") return why(desk.querySelector("[data-question].active")) || why(desk.querySelector("#answer"));
  return false;
}

function press(node) {
  if (node.matches("details")) {
    node.open = !node.open;
    node.querySelector(node.open ? "textarea, h2" : "summary").focus();
  } else if (node.matches("form")) node.requestSubmit();
  else node.click();
  return true;
}

function step(by) {
  const all = [...desk.querySelectorAll("[data-response]")];
  const at = all.findIndex((node) => node.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, at < 0 && by > 0 ? 0 : at + by))];
  if (next) showResponse(desk, next.dataset.response);
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
  // Under a finger a field with the focus would bring up a keyboard over the reasons on offer.
  const pop = event.target.closest(".pop > summary");
  if (!pop || event.pointerType === "touch") return;
  event.preventDefault();
  press(pop.parentElement);
});

// A button that was clicked does not keep the focus: Enter goes on to mean submit, and a selection stays.
document.addEventListener("mousedown", (event) => {
  if (event.target.closest("#answer button, .guideline summary")) event.preventDefault();
});
