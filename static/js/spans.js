// Flags on passages: by selecting, or by moving a caret word by word. Offsets are code points.
const WORD = /[\p{L}\p{N}\p{M}’']+|[^\s\p{L}\p{N}\p{M}]+/gu;

export function spans(desk) {
  const texts = [...desk.querySelectorAll("[data-spans]")];
  const list = desk.querySelector("[data-flags]");
  if (!list) return null;
  const carets = new Map(texts.map((text) => [text, caret(text)]));
  let number = Math.max(-1, ...[...list.querySelectorAll("[data-part=response]")].map((i) => Number(i.name.split("-")[1]))) + 1;

  const paint = () => paintFlags(texts, list);
  const add = (place, passage) => {
    const flag = newFlag(desk, number++, place, passage);
    list.append(flag);
    const none = desk.querySelector("[name=none]");
    if (none) none.checked = false;
    paint();
    flag.querySelector("select").focus();
    flag.scrollIntoView({ block: "nearest" });
  };
  const flagSelection = () => {
    const passage = selected(texts) || [...carets.values()].map((c) => c.passage()).find(Boolean);
    if (passage) add(passage.place, passage);
    return Boolean(passage);
  };

  desk.addEventListener("click", (event) => {
    const whole = event.target.closest("[data-flag-whole]");
    if (whole) add(whole.dataset.flagWhole, null);
    if (event.target.closest("[data-flag-selection]")) flagSelection();
    const remove = event.target.closest("[data-unflag]");
    if (remove) {
      remove.closest("[data-flag]").remove();
      paint();
      (texts[0] || desk.querySelector("[data-flag-whole]")).focus();
    }
  });
  const none = desk.querySelector("[name=none]");
  none.addEventListener("change", () => {
    if (none.checked) list.replaceChildren();
    paint();
  });
  paint();

  return {
    key(key, event) {
      if (key === "f") return flagSelection() || true;
      if (key === "w") return add("0", null), true;
      if (key === "n") return none.click(), true;
      const text = event.target.closest?.("[data-spans]");
      return text ? carets.get(text).key(event) : false;
    },
  };
}

const points = (text) => [...text].length;

// A passage in code points of the text node's whole content, whatever elements stand in it.
function passageOf(text, start, end) {
  const whole = text.textContent;
  return {
    place: text.dataset.spans,
    start: points(whole.slice(0, start)),
    end: points(whole.slice(0, end)),
    quote: whole.slice(start, end),
  };
}

function selected(texts) {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const text = texts.find((node) => node.contains(range.startContainer) && node.contains(range.endContainer));
  if (!text) return null;
  const before = document.createRange();
  before.selectNodeContents(text);
  before.setEnd(range.startContainer, range.startOffset);
  const start = before.toString().length;
  const end = start + range.toString().length;
  return end > start ? passageOf(text, start, end) : null;
}

function newFlag(desk, k, place, passage) {
  const flag = desk.querySelector("[data-flag-template]").content.cloneNode(true).querySelector("[data-flag]");
  for (const field of flag.querySelectorAll("[name]")) field.name = field.name.replace("NUMBER", k);
  const part = (name) => flag.querySelector(`[data-part=${name}]`);
  part("response").value = place;
  if (passage) {
    part("start").value = passage.start;
    part("end").value = passage.end;
    part("quote").value = passage.quote;
    flag.querySelector("[data-flag-quote]").textContent = `“${passage.quote}”`;
  }
  return flag;
}

// UTF-16 offset of a code point offset.
const utf16 = (text, point) => [...text].slice(0, point).join("").length;

function rangeOf(text, start, end) {
  const range = document.createRange();
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  let passed = 0;
  let node;
  let begun = false;
  while ((node = walker.nextNode())) {
    const size = node.data.length;
    if (!begun && start <= passed + size) {
      range.setStart(node, start - passed);
      begun = true;
    }
    if (begun && end <= passed + size) {
      range.setEnd(node, end - passed);
      return range;
    }
    passed += size;
  }
  return null;
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

// A caret that goes from word to word; with Shift it selects.
function caret(text) {
  const words = [...text.textContent.matchAll(WORD)].map((m) => [m.index, m.index + m[0].length]);
  let anchor = -1;
  let head = -1;
  const bounds = () => [words[Math.min(anchor, head)][0], words[Math.max(anchor, head)][1]];
  const paint = () => {
    if (!globalThis.Highlight) return;
    const range = head < 0 ? null : rangeOf(text, ...bounds());
    if (range) CSS.highlights.set("caret", new Highlight(range));
    else CSS.highlights.delete("caret");
  };
  text.addEventListener("blur", (event) => {
    if (event.relatedTarget?.closest?.("[data-flag-selection]")) return;
    CSS.highlights?.delete("caret");
    head = anchor = -1;
  });
  return {
    passage: () => (head < 0 ? null : passageOf(text, ...bounds())),
    key(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
      if (!by || !words.length) return false;
      head = Math.max(0, Math.min(words.length - 1, head < 0 ? 0 : head + by));
      if (!event.shiftKey || anchor < 0) anchor = head;
      paint();
      return true;
    },
  };
}
