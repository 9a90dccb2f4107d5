// The desk: keys, focus after a swap, active time. Each widget keeps its own module.
import { reading } from "./reading.js";
import { showResponse } from "./layout.js";
import { questions, why } from "./questions.js";
import { problems } from "./problems.js";
import { activeTime } from "./active-time.js";
import { breakReminder } from "./break-reminder.js";
import { pause, resting } from "./pause.js";
// The page's import map names the module of its task type: js/task_types/<slug>.js.
import { complete, widgets as own } from "task-type";
import { meant, show } from "./keys.js";
import { answering, arrived } from "./answering.js";
import { clearOld, save } from "./drafts.js";
import { oneDesk } from "./one-desk.js";
import { saving } from "./saving.js";
import { here } from "./server.js";

const OFF = "workbench-keys-off";
const GUIDELINE = "workbench-guideline";
const WRITING = "input:not([type=radio]):not([type=checkbox]):not([type=hidden]), textarea, select";
// Held down, these go on; any other key counts once.
const REPEATING = /^(Arrow.*|j|k)$/;
const TOO_SOON = 600;
let desk = null;
let came = 0;
let widgets = [];

htmx.onLoad((node) => {
  if (desk && node.id === "problems") return refused(node);
  const found = node.id === "desk" ? node : node.querySelector?.("#desk");
  if (!found || found === desk) return;
  const first = desk === null;
  desk = found;
  came = performance.now();
  reading(desk);
  roomForFoot();
  widgets = [questions, ...own, activeTime, breakReminder, pause].map((widget) => widget(desk)).filter(Boolean);
  keys();
  rememberGuideline();
  for (const button of desk.querySelectorAll("[data-reason]")) button.addEventListener("click", fillReason);
  refused(desk.querySelector("#problems"));
  arrived(desk);
  if (first) return;
  window.scrollTo(0, 0);
  desk.querySelector("[data-focus]").focus({ preventScroll: true });
  // In a region that was there before, so that a screen reader says it.
  document.getElementById("announce").textContent = desk.querySelector("#status").textContent.trim();
});

document.addEventListener("htmx:config:request", (event) => Object.assign(event.detail.ctx.request.headers, here()));

answering(complete);
saving();
clearOld();
oneDesk(location.pathname.split("/")[2], () => {
  save();
  document.getElementById("resting").showModal();
});
document.querySelector("[data-wake]").addEventListener("click", () => location.reload());
document.getElementById("resting").addEventListener("cancel", (event) => event.preventDefault());
// Back from another page: the item of then may be judged by now.
addEventListener("pageshow", (event) => event.persisted && location.reload());

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

function keys() {
  show(desk);
  const box = desk.querySelector("[data-keys-off]");
  if (!box) return;
  const panel = desk.querySelector("[data-keys-change]");
  const opener = panel.querySelector("[data-keys-open]");
  // Few ask for it, so it is loaded only then.
  opener.addEventListener("click", async () => {
    const { changeKeys } = await import("./change-keys.js");
    opener.hidden = true;
    changeKeys(desk, panel);
  });
  box.checked = localStorage.getItem(OFF) === "1";
  box.addEventListener("change", () => localStorage.setItem(OFF, box.checked ? "1" : "0"));
}

// Open beside the item where there is room, folded on a telephone, as the person left it.
function rememberGuideline() {
  const guideline = desk.querySelector("[data-guideline]");
  if (!guideline) return;
  const narrow = matchMedia("(max-width: 900px)").matches;
  const stayed = Boolean(guideline.dataset.remembered);
  if (narrow || !stayed) guideline.open = !narrow && localStorage.getItem(GUIDELINE) !== "closed";
  if (stayed) return;
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
  if (!desk || resting() || event.defaultPrevented || event.altKey || event.metaKey) return;
  if (event.key === "Enter") return enter(event);
  const writing = event.target.matches(WRITING);
  if (event.key === "Escape" && writing) return event.target.blur();
  if (writing || event.ctrlKey) return;
  const letter = event.key.length === 1;
  if (letter && localStorage.getItem(OFF) === "1") return;
  const key = letter ? meant(event.key.toLowerCase()) : event.key;
  if (event.repeat && !REPEATING.test(key)) return;
  if (widgets.some((widget) => widget.key?.(key, event)) || act(key)) event.preventDefault();
});

// Enter submits, but in a text it is a new line and on a button it is a press. With Ctrl it always
// submits. In the short texts of the foot it sends, and Shift makes the new line.
function enter(event) {
  const short = event.target.matches(".pop textarea") && !event.shiftKey;
  if (!event.ctrlKey && !short && event.target.closest(`${WRITING}, button, a, summary`)) return;
  const pop = event.target.closest(".pop");
  const form = pop ? pop.querySelector("form") : desk.querySelector("#answer, [data-enter]");
  if (!form) return;
  event.preventDefault();
  // A second press that was meant for what was there before leaves this page unread.
  const unread = form.matches("[data-enter]") && performance.now() - came < TOO_SOON;
  if (!event.repeat && !unread) form.requestSubmit();
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
  let at = all.findIndex((node) => node.contains(document.activeElement));
  // One at a time, J goes into the one in sight before it goes on to the next.
  const alone = all.findIndex((node) => node.closest(".one-at-a-time .response:not(.away)"));
  if (at < 0 && alone >= 0) at = alone - (by > 0);
  // Where responses hold the questions, the marked one says which is before the person.
  else if (at < 0) at = all.findIndex((node) => node.querySelector("[data-question].active"));
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
