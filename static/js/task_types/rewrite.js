// Editing the response: the verdict follows the text, the difference is shown on demand, and what
// was typed outlives an undo, a skip and (once the browser asked) a page that is left.
import { difference } from "../word-difference.js";

export const widgets = [rewrite];

// A text area holds one kind of line end.
const plain = (text) => text.replace(/\r\n?/g, "\n");

// Texts that were not stored, while the page is open: by item and by the revision they began from.
const typed = new Map();
let unsaved = false;
let sending = false;

addEventListener("beforeunload", (event) => {
  if (unsaved && !sending) event.preventDefault();
});
document.addEventListener("htmx:before:request", () => (sending = true));
document.addEventListener("htmx:error", () => (sending = false));
document.addEventListener("htmx:before:swap", (event) => {
  if (event.detail.ctx.response.status >= 400) sending = false;
});

function rewrite(desk) {
  unsaved = sending = false;
  const field = desk.querySelector("[data-text]");
  if (!field) return null;
  const form = field.form;
  const original = plain(desk.querySelector("[data-original]").textContent);
  const started = field.value;
  const place = `${form.action} ${form.elements.base.value}`;
  const again = desk.querySelector("[data-again]");
  const asked = desk.querySelector("#again");
  const compared = shownDifference(desk, () => [original, field.value]);

  const ask = (open) => {
    asked.hidden = !open;
    again.setAttribute("aria-expanded", String(open));
    (open ? asked.querySelector("button") : field).focus();
  };
  const follow = () => {
    const changed = field.value !== original;
    unsaved = field.value !== started;
    sending = false;
    if (unsaved) typed.set(place, field.value);
    else typed.delete(place);
    again.disabled = !changed;
    judge(form, changed);
    grow(field);
    compared.draw();
  };

  if (typed.has(place)) field.value = typed.get(place);
  field.addEventListener("input", follow);
  // The key of a verdict that is given takes it back; a changed text is not left without one.
  form.addEventListener("change", () => {
    const given = form.querySelector("[name=verdict]:checked");
    if (!given && field.value !== original) edited(form).checked = true;
  });
  again.addEventListener("click", () => ask(asked.hidden));
  asked.querySelector("[data-again-no]").addEventListener("click", () => ask(false));
  asked.querySelector("[data-again-yes]").addEventListener("click", () => {
    field.value = original;
    ask(false);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  asked.addEventListener("keydown", (event) => {
    if (event.key === "Escape") ask(false);
  });
  desk.querySelector("[data-tools]").hidden = false;
  again.disabled = field.value === original;
  if (field.value !== started) follow();
  else grow(field);

  return {
    key(key) {
      if (key === "t") return goInto(field);
      const box = desk.querySelector(`[data-problem-key="${CSS.escape(key)}"]`);
      if (!box) return false;
      box.click();
      box.closest("[data-problems]").scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}

// A changed text is "edited", and one that is the original again is not.
function judge(form, changed) {
  const verdict = edited(form);
  if (verdict.checked === changed) return;
  verdict.checked = changed;
  verdict.dispatchEvent(new Event("change", { bubbles: true }));
}

const edited = (form) => form.querySelector("[name=verdict][value=edited]");

function goInto(field) {
  field.focus();
  field.scrollIntoView({ block: "nearest" });
  return true;
}

// Where the style sheet cannot let it grow with its text.
function grow(field) {
  if (CSS.supports("field-sizing", "content")) return;
  field.style.height = "auto";
  field.style.height = `${field.scrollHeight + 2}px`;
}

function shownDifference(desk, texts) {
  const section = desk.querySelector("[data-difference]");
  const button = desk.querySelector("[data-difference-switch]");
  const told = section.querySelector("[data-difference-text]");
  let waiting = 0;

  const compute = () => {
    const { pieces, coarse } = difference(...texts());
    told.replaceChildren(...pieces.map(element));
    section.querySelector("[data-difference-none]").hidden = pieces.some((piece) => piece.kind !== "same");
    section.querySelector("[data-difference-coarse]").hidden = !coarse;
  };
  // While one types the answer may come a moment later.
  const draw = () => {
    clearTimeout(waiting);
    if (!section.hidden) waiting = setTimeout(compute, 100);
  };
  const show = (on) => {
    section.hidden = !on;
    button.setAttribute("aria-expanded", String(on));
    if (on) compute();
  };
  button.addEventListener("click", () => {
    const on = section.hidden;
    show(on);
    if (on) section.scrollIntoView({ block: "nearest" });
  });
  return { draw };
}

function element({ kind, text }) {
  const node = document.createElement({ same: "span", out: "del", in: "ins" }[kind]);
  node.textContent = text;
  return node;
}
