// Flags on passages: by selecting, or by moving a caret word by word. Offsets are code points.
import { showResponse } from "../layout.js";
import { caret, passageOf, rangeOf, utf16 } from "../passages.js";

export const widgets = [spans];

// None, or flags that are all filled in.
export function complete(form) {
  const flags = [...form.querySelectorAll("[data-flag]")];
  if (form.elements.none.checked) return !flags.length;
  const filled = (flag) =>
    flag.querySelector("[data-part=category]").value &&
    [...flag.querySelectorAll("[role=radiogroup]")].every((group) => group.querySelector("input:checked"));
  return flags.length > 0 && flags.every(filled);
}

function spans(desk) {
  const list = desk.querySelector("[data-flags]");
  if (!list) return null;
  const texts = [...desk.querySelectorAll("[data-spans]")];
  const none = desk.querySelector("[name=none]");
  const said = desk.querySelector("[data-said]");
  const say = (words) => (said.textContent = words);
  const carets = new Map(texts.map((text) => [text, caret(text, say)]));
  let number = 1 + Math.max(-1, ...[...list.querySelectorAll("[data-part=response]")].map(numberOf));
  let touched = null;
  let putAside = [];

  const forget = () => {
    getSelection().removeAllRanges();
    for (const each of carets.values()) each.drop();
  };
  const add = (place, passage) => {
    const flag = newFlag(desk, number++, place, passage);
    list.append(flag);
    none.checked = false;
    putAside = [];
    forget();
    paintFlags(texts, list);
    flag.querySelector("select").focus();
    flag.scrollIntoView({ block: "nearest" });
  };
  const marked = () => selected(texts) ?? [...carets.values()].map((each) => each.passage()).find(Boolean);
  const flagSelection = (passage = marked()) => {
    if (passage) add(passage.place, passage);
    return Boolean(passage);
  };
  const remove = (flag) => {
    const place = flag.querySelector("[data-part=response]").value;
    flag.remove();
    paintFlags(texts, list);
    showResponse(desk, place);
    (desk.querySelector(`[data-spans="${place}"]`) ?? desk.querySelector("[data-flag-whole]")).focus();
  };

  // A finger on the button may end the selection before the click comes.
  desk.addEventListener("pointerdown", (event) => {
    touched = event.target.closest("[data-flag-selection]") ? marked() : null;
  });
  desk.addEventListener("click", (event) => {
    const whole = event.target.closest("[data-flag-whole]");
    if (whole) add(whole.dataset.flagWhole, null);
    if (event.target.closest("[data-flag-selection]")) flagSelection(touched ?? marked());
    const unflag = event.target.closest("[data-unflag]");
    if (unflag) remove(unflag.closest("[data-flag]"));
  });
  // To say that there is none takes the flags away; to take it back brings them back.
  none.addEventListener("change", () => {
    if (none.checked) putAside = [...list.children];
    list.replaceChildren(...(none.checked ? [] : putAside));
    paintFlags(texts, list);
  });
  paintFlags(texts, list);

  return {
    key(key, event) {
      if (key === "f") return flagSelection() || true;
      if (key === "w") return add(desk.querySelector(".one-at-a-time .response:not(.away)")?.dataset.place ?? "0", null), true;
      if (key === "n") return none.click(), true;
      const text = event.target.closest?.("[data-spans]");
      return text ? moveCaret(carets, text, event) : false;
    },
  };
}

// One passage at a time is marked, by the caret or by a selection.
function moveCaret(carets, text, event) {
  if (!event.key.startsWith("Arrow")) return false;
  getSelection().removeAllRanges();
  for (const [other, each] of carets) if (other !== text) each.drop();
  return carets.get(text).key(event);
}

const numberOf = (field) => Number(field.name.split("-")[1]);

function selected(texts) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const text = texts.find((node) => range.intersectsNode(node));
  if (!text) return null;
  // A selection drawn over the edge of the text counts as far as the text goes.
  const inside = document.createRange();
  inside.selectNodeContents(text);
  if (inside.compareBoundaryPoints(Range.START_TO_START, range) < 0) inside.setStart(range.startContainer, range.startOffset);
  if (inside.compareBoundaryPoints(Range.END_TO_END, range) > 0) inside.setEnd(range.endContainer, range.endOffset);
  const before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(inside.startContainer, inside.startOffset);
  const start = before.toString().length;
  const end = start + inside.toString().length;
  return end > start ? passageOf(text, start, end) : null;
}

function newFlag(desk, k, place, passage) {
  const flag = desk.querySelector("[data-flag-template]").content.cloneNode(true).querySelector("[data-flag]");
  for (const field of flag.querySelectorAll("[name]")) field.name = field.name.replace("NUMBER", k);
  const part = (name) => flag.querySelector(`[data-part=${name}]`);
  part("response").value = place;
  const letter = flag.querySelector("[data-flag-letter]");
  if (letter) letter.textContent = desk.querySelector(`[data-flag-whole="${place}"]`).dataset.letter;
  if (passage) {
    part("start").value = passage.start;
    part("end").value = passage.end;
    part("quote").value = passage.quote;
    flag.querySelector("[data-flag-quote]").textContent = `“${passage.quote}”`;
  }
  return flag;
}

function paintFlags(texts, list) {
  if (!globalThis.Highlight) return;
  const ranges = [];
  for (const flag of list.querySelectorAll("[data-flag]")) {
    const part = (name) => flag.querySelector(`[data-part=${name}]`).value;
    const text = texts.find((node) => node.dataset.spans === part("response"));
    if (!text || part("start") === "") continue;
    const whole = text.textContent;
    const range = rangeOf(text, utf16(whole, Number(part("start"))), utf16(whole, Number(part("end"))));
    if (range) ranges.push(range);
  }
  CSS.highlights.set("flagged", new Highlight(...ranges));
}
