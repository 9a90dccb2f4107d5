// Columns that scroll by themselves are kept at the paragraph that says the same. It follows at
// once and never glides, so there is nothing to switch off for those whom motion disturbs.
import { rangeOf } from "./passages.js";

// Beyond so many pairs of paragraphs, only the ends are matched.
const MOST_PAIRS = 40_000;
// Shares of words from which two paragraphs are taken for one another.
const ALIKE = 0.3;
let columns = [];
let paths = new Map();
let expected = new WeakMap();

export function together(responses, cards) {
  columns = cards;
  paths = new Map();
  expected = new WeakMap();
  // Twice the same listener is one.
  responses.addEventListener("scroll", follow, { capture: true, passive: true });
  const ahead = cards.find((card) => card.scrollTop > 0);
  if (ahead) lead(ahead);
}

const follow = (event) => lead(event.target);

function lead(leader) {
  if (!columns.includes(leader)) return;
  // An echo of what was set below.
  if (expected.get(leader) === leader.scrollTop) return;
  expected.delete(leader);
  for (const other of columns) {
    if (other === leader) continue;
    other.scrollTop = along(pathBetween(leader, other), leader.scrollTop);
    expected.set(other, other.scrollTop);
  }
}

function pathBetween(leader, other) {
  const key = `${columns.indexOf(leader)}-${columns.indexOf(other)}`;
  if (!paths.has(key)) paths.set(key, path(leader, other));
  return paths.get(key);
}

// Points [scroll position of one, of the other] through which the two move: start, paragraphs that
// match, end.
function path(one, other) {
  const [first, second] = [paragraphs(one), paragraphs(other)];
  const end = [one.scrollHeight - one.clientHeight, other.scrollHeight - other.clientHeight];
  const points = [[0, 0]];
  for (const [i, j] of matches(first, second)) {
    const point = [first[i].top - first[0].top, second[j].top - second[0].top];
    const last = points.at(-1);
    if (point.every((at, side) => at > last[side] && at < end[side])) points.push(point);
  }
  return [...points, end];
}

function along(points, at) {
  const found = points.findIndex(([from], i) => i > 0 && from >= at);
  const next = found < 0 ? points.length - 1 : found;
  const [[fromA, fromB], [toA, toB]] = [points[next - 1], points[next]];
  return toA > fromA ? fromB + ((at - fromA) / (toA - fromA)) * (toB - fromB) : toB;
}

// Where each paragraph (item of a list, row of a table, line of a text as written) begins, and its words.
function paragraphs(card) {
  const text = [...card.querySelectorAll(".judged")].find((node) => node.checkVisibility());
  if (!text) return [];
  return text.matches(".rendered") ? blocks(text) : lines(text);
}

function blocks(text) {
  const leaves = [...text.querySelectorAll("p, li, pre, tr, h1, h2, h3, h4, h5, h6")];
  return leaves
    .filter((node) => !node.matches("li > p:first-child"))
    .map((node) => ({ top: node.getBoundingClientRect().top, words: wordsOf(node.textContent) }));
}

function lines(text) {
  const found = [];
  let start = 0;
  for (const line of text.textContent.split("\n")) {
    if (line.trim()) {
      const range = rangeOf(text, start, start + line.length);
      if (range) found.push({ top: range.getBoundingClientRect().top, words: wordsOf(line) });
    }
    start += line.length + 1;
  }
  return found;
}

const wordsOf = (text) => new Set(text.toLowerCase().match(/[\p{L}\p{M}\p{N}]+/gu));

// Pairs [i, j] in the order of both texts, with the most words in common altogether.
function matches(first, second) {
  if (first.length * second.length > MOST_PAIRS) return [];
  // Where nothing else decides, the third paragraph goes with the third.
  const even = first.length === second.length;
  const likeness = first.map((a, i) => second.map((b, j) => alike(a.words, b.words) + (even && i === j ? ALIKE : 0)));
  const best = Array.from({ length: first.length + 1 }, () => new Float64Array(second.length + 1));
  for (let i = first.length - 1; i >= 0; i--) {
    for (let j = second.length - 1; j >= 0; j--) {
      const paired = likeness[i][j] >= ALIKE ? likeness[i][j] + best[i + 1][j + 1] : 0;
      best[i][j] = Math.max(paired, best[i + 1][j], best[i][j + 1]);
    }
  }
  return walk(best, likeness);
}

function walk(best, likeness) {
  const pairs = [];
  let [i, j] = [0, 0];
  while (i < likeness.length && j < likeness[i].length) {
    if (best[i][j] === best[i + 1][j]) i++;
    else if (best[i][j] === best[i][j + 1]) j++;
    else pairs.push([i++, j++]);
  }
  return pairs;
}

// Share of words that two sets have in common, 0..1.
function alike(a, b) {
  let common = 0;
  for (const word of a) if (b.has(word)) common += 1;
  return a.size + b.size ? (2 * common) / (a.size + b.size) : 0;
}
