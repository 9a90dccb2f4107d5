// Passages of a text in code points, and a caret that goes from word to word.
import { keepInSight } from "./sight.js";

const points = (text) => [...text].length;

// A passage of the whole content of `text`, whatever elements stand in it. `start` and `end` come
// as UTF-16 offsets; an end within a pair of surrogates takes the whole character.
export function passageOf(text, start, end) {
  const whole = text.textContent;
  const inPair = (at) => /[\uDC00-\uDFFF]/.test(whole[at] ?? "") && /[\uD800-\uDBFF]/.test(whole[at - 1] ?? "");
  const from = inPair(start) ? start - 1 : start;
  const to = inPair(end) ? end + 1 : end;
  return {
    place: text.dataset.spans,
    start: points(whole.slice(0, from)),
    end: points(whole.slice(0, to)),
    quote: whole.slice(from, to),
  };
}

// UTF-16 offset of a code point offset.
export const utf16 = (text, point) => [...text].slice(0, point).join("").length;

export function rangeOf(text, start, end) {
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

// [start, end) of each word and each sign, in UTF-16, by the rules of the text's language.
function wordsOf(text) {
  const language = text.closest("[lang]").lang;
  const pieces = new Intl.Segmenter(language, { granularity: "word" }).segment(text.textContent);
  return [...pieces].filter((p) => p.segment.trim()).map((p) => [p.index, p.index + p.segment.length]);
}

// Arrows move by word, with Shift they select. It stays when the focus goes on to a button.
export function caret(text, say) {
  const words = wordsOf(text);
  let anchor = -1;
  let head = -1;
  const bounds = () => [words[Math.min(anchor, head)][0], words[Math.max(anchor, head)][1]];
  const paint = () => {
    const range = head < 0 ? null : rangeOf(text, ...bounds());
    if (!range) CSS.highlights?.delete("caret");
    else if (globalThis.Highlight) CSS.highlights.set("caret", new Highlight(range));
    say(range ? range.toString() : "");
  };
  const drop = () => {
    head = anchor = -1;
    paint();
  };
  text.addEventListener("pointerdown", drop);
  return {
    drop,
    passage: () => (head < 0 ? null : passageOf(text, ...bounds())),
    key(event) {
      const by = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 8, ArrowUp: -8 }[event.key];
      if (!by || !words.length) return false;
      head = Math.max(0, Math.min(words.length - 1, head < 0 ? 0 : head + by));
      if (!event.shiftKey || anchor < 0) anchor = head;
      paint();
      keepInSight(text, rangeOf(text, ...words[head]));
      return true;
    },
  };
}
