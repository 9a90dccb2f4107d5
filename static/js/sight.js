// Height of what stays at the top of the page.
export const FRAME = 56;

// Scroll the column, then the page, just so far that this part of a text is seen.
export function keepInSight(text, range) {
  const foot = parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--foot")) || 0;
  const card = text.closest(".own-scroll .response");
  const head = card?.querySelector(".response-head").offsetHeight ?? 0;
  for (const scroller of [card, document.scrollingElement].filter(Boolean)) {
    const frame = scroller === card ? card.getBoundingClientRect() : { top: FRAME, bottom: innerHeight - foot };
    const box = range.getBoundingClientRect();
    const above = frame.top + head - box.top;
    const below = box.bottom - frame.bottom;
    if (above > 0) scroller.scrollTop -= above;
    else if (below > 0) scroller.scrollTop += below;
  }
}
