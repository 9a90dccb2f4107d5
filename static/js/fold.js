// Long turns of a prompt are cut short until one asks for them; the last one, which is answered,
// shows more.
const LINES = { earlier: 5, last: 12 };

export function fold(desk) {
  const text = desk.querySelector("[data-fold]");
  const button = desk.querySelector("[data-unfold]");
  if (!text || !button) return;
  const turns = [...text.querySelectorAll(".said")];
  turns.forEach((turn, i) => {
    const which = i === turns.length - 1 ? "last" : "earlier";
    const line = parseFloat(getComputedStyle(turn.querySelector(".judged")).lineHeight);
    // To cut off two lines is not worth it.
    if (turn.scrollHeight > line * (LINES[which] + 2)) turn.classList.add("folded", which);
  });
  button.hidden = !text.querySelector(".folded");
  button.addEventListener("click", () => {
    for (const turn of turns) turn.classList.remove("folded");
    button.hidden = true;
    text.tabIndex = -1;
    text.focus({ preventScroll: true });
  });
}
