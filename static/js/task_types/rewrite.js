// Editing the response: the verdict follows the text, and the difference is shown on demand.
import { difference } from "../word-difference.js";

export const widgets = [rewrite];

// A text area holds one kind of line end.
const plain = (text) => text.replace(/\r\n?/g, "\n");

// As the server will have it: an edit changes the text, and what it asks a reason for has one.
export function complete(form) {
  const verdict = form.querySelector("[name=verdict]:checked")?.value;
  if (!verdict) return false;
  const changed = form.elements.text.value !== originalOf(form);
  if (changed !== (verdict === "edited") || (changed && !form.elements.text.value.trim())) return false;
  const reason = form.elements.reason.value.trim();
  const described = form.querySelector("[data-problems] input:checked");
  if (verdict === "cannot_judge") return Boolean(reason) && !described;
  if (verdict === "good_as_is") return !described;
  return !form.querySelector("[data-why-needed]") || Boolean(reason || described);
}

const originalOf = (node) => plain(node.querySelector("[data-original], [data-place='0'] .raw").textContent);

function rewrite(desk) {
  const field = desk.querySelector("[data-text]");
  if (!field) return null;
  const form = field.form;
  const original = originalOf(desk);
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
    again.disabled = !changed;
    judge(form, changed);
    grow(field);
    compared.draw();
  };

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
  grow(field);

  return {
    key(key) {
      if (key === "w") return goInto(field);
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
