// How several responses lie: side by side, stacked, or one at a time. A telephone has room for one.
import { chosen } from "./choices.js";
import { FRAME } from "./sight.js";

const narrow = matchMedia("(max-width: 720px)");
// The least height in which a column is worth scrolling.
const LEAST = 260;
let width = 0;
let now = null;

// A change of width alone: to arrange them changes their height.
const widths = new ResizeObserver(([entry]) => {
  if (Math.abs(entry.contentRect.width - width) < 1) return;
  width = entry.contentRect.width;
  arrange(now);
});
// Not on a telephone, whose keyboard takes height away while one writes.
addEventListener("resize", () => now?.isConnected && !narrow.matches && arrange(now));

export function layout(desk) {
  const which = desk.querySelector("[data-which]");
  widths.disconnect();
  now = desk;
  if (!which) return;
  which.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) showResponse(desk, button.dataset.show);
  });
  const responses = desk.querySelector(".responses");
  responses.addEventListener("focusin", (event) => {
    const card = event.target.closest(".response");
    if (card) showResponse(desk, card.dataset.place);
  });
  showResponse(desk, "0");
  width = responses.clientWidth;
  widths.observe(responses);
  arrange(desk);
}

// Settle what hangs on the room there is. To be called when text or width has changed.
export function arrange(desk) {
  const which = desk.querySelector("[data-which]");
  if (!which) return;
  const responses = desk.querySelector(".responses");
  responses.classList.remove("one-at-a-time", "own-scroll");
  const single = narrow.matches ? responses.scrollHeight >= innerHeight * 0.6 : chosen("layout") === "single";
  which.hidden = !single;
  responses.classList.toggle("one-at-a-time", single);
  const cards = [...responses.querySelectorAll(".response")];
  const columns = chosen("layout") === "columns" && !responses.matches("[data-in-turns]");
  const beside = columns && cards[0].offsetTop === cards[1].offsetTop;
  scrollByThemselves(responses, cards, beside && !single && chosen("scroll") === "together");
}

// Columns longer than the screen scroll by themselves, so that one sees the same part of each.
function scrollByThemselves(responses, cards, wanted) {
  const feet = [...now.querySelectorAll(".answer-bar, .at-foot")].reduce((sum, foot) => sum + foot.offsetHeight, 0);
  const room = innerHeight - feet - FRAME - 16;
  const own = wanted && room >= LEAST && Math.max(...cards.map((card) => card.offsetHeight)) > room;
  responses.classList.toggle("own-scroll", own);
  if (own) {
    // As high as what is free under the prompt, if that is most of the screen.
    const free = room + FRAME - (responses.getBoundingClientRect().top + scrollY);
    responses.style.setProperty("--column", `${Math.round(free > room * 0.7 ? free : room)}px`);
  }
  for (const card of cards) {
    if (own || card.dataset.response) card.tabIndex = own ? 0 : -1;
    else card.removeAttribute("tabindex");
  }
  if (own) keepTogether(responses, cards);
}

// Loaded when it is needed for the first time; where that fails, each column scrolls alone.
function keepTogether(responses, cards) {
  import("./together.js").then(({ together }) => together(responses, cards), () => {});
}

// The response at that place is the one being read; one at a time, it alone is in sight.
export function showResponse(desk, place) {
  if (!desk.querySelector("[data-which]") || place === placeRead(desk)) return;
  for (const button of desk.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === place));
  }
  for (const response of desk.querySelectorAll(".response")) {
    response.classList.toggle("away", response.dataset.place !== place);
  }
  desk.querySelector(".responses").dispatchEvent(new Event("reading"));
}

// Place of the response that is being read, as text; undefined before there is any.
export function placeRead(desk) {
  const [read, ...others] = desk.querySelectorAll(".response:not(.away)");
  return others.length ? undefined : read?.dataset.place;
}
