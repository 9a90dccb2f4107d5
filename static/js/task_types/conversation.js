// Conversations: from turn to turn, the answer to the marked turn, and turns folded away.
import { complete as ranked } from "./ranking.js";

export const widgets = [turns];

// The whole is answered as a ranking is; the turns only where the project requires it.
export const complete = (form) =>
  ranked(form) &&
  (!form.querySelector("[data-required]") ||
    [...form.querySelectorAll(".turn-question")].every((turn) => turn.querySelector("input:checked")));

const ANSWERS = ["a", "=", "b", "d"];

function turns(desk) {
  const all = [...desk.querySelectorAll("[data-turn]")];
  let at = -1;

  const mark = (next) => {
    at = next;
    all.forEach((node, i) => node.classList.toggle("current", i === at));
  };
  const go = (by) => {
    mark(at < 0 ? inView(all) : Math.max(0, Math.min(all.length - 1, at + by)));
    all[at].focus({ preventScroll: true });
    all[at].scrollIntoView({ block: "start" });
  };
  // A key speaks of the turn that is marked, or else of the one that is being read.
  const marked = () => {
    if (at < 0) mark(inView(all));
    return all[at];
  };

  for (const [i, node] of all.entries()) {
    node.addEventListener("focusin", () => mark(i));
    const note = node.querySelector(".note");
    note?.addEventListener("toggle", () => note.open && note.contains(document.activeElement) && write(note));
  }
  keepPlace(desk, all);

  return {
    key(key) {
      if (key === "j" || key === "k") return go(key === "j" ? 1 : -1), true;
      if (key === "f") return fold(marked());
      if (key === "c") return write(marked().querySelector(".note"));
      return ANSWERS.includes(key) && answer(marked(), key);
    },
  };
}

// The first turn that is not above what stands fixed at the top.
function inView(all) {
  const found = all.findIndex((node) => node.getBoundingClientRect().bottom > 160);
  return found < 0 ? all.length - 1 : found;
}

function answer(turn, key) {
  const input = turn.querySelector(`[data-choice-key="${key}"]`);
  if (!input) return false;
  input.checked = !input.checked;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  input.closest("fieldset").scrollIntoView({ block: "nearest" });
  return true;
}

function write(note) {
  if (!note) return false;
  note.open = true;
  note.querySelector("textarea").focus();
  return true;
}

function fold(turn) {
  const text = turn.querySelector("details");
  text.open = !text.open;
  turn.scrollIntoView({ block: "nearest" });
  return true;
}

// From A to B on a telephone: the same turn is read on, though its place on the page is another.
function keepPlace(desk, all) {
  const which = desk.querySelector("[data-which]");
  if (!which) return;
  let reading = 0;
  which.addEventListener("click", () => (reading = inView(all)), { capture: true });
  which.addEventListener("click", () => all[reading].scrollIntoView({ block: "start" }));
}
