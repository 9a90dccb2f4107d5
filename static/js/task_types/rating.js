// Ratings: what a chosen point means, a response that cannot be judged, how far each one is.
export const widgets = [ratings];

// Each response has all its ratings, or a reason why it cannot be judged.
export const complete = (form) =>
  [...form.querySelectorAll("[data-rated]")].every((node) => {
    const { done, of } = card(node).progress();
    return done === of;
  });

function ratings(desk) {
  const cards = [...desk.querySelectorAll("[data-rated]")].map((node) => card(node));
  if (!cards.length) return null;
  const foot = desk.querySelector("[data-rated-foot]");
  const buttons = foot ? [...foot.querySelectorAll("[data-go]")] : [];

  // The one with the focus, or else the one with the marked attribute.
  const current = () =>
    cards.find(({ node }) => node.contains(document.activeElement)) ??
    cards.find(({ node }) => node.querySelector(".active")) ??
    cards[0];
  const draw = () => {
    for (const each of cards) each.draw();
    buttons.forEach((button, i) => {
      const { done, of } = cards[i].progress();
      const finished = done === of;
      button.querySelector("[data-progress]").textContent = finished ? "✓" : `${done}/${of}`;
      button.classList.toggle("done", finished);
      if (cards[i] === current()) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    });
  };

  // Before the mark moves on: it passes over what is switched off.
  desk.addEventListener("change", () => cards.forEach((each) => each.close()), true);
  desk.addEventListener("change", (event) => {
    if (event.target.matches("[data-cannot]:checked")) event.target.closest("[data-rated]").querySelector("[data-why]").focus();
    draw();
  });
  desk.addEventListener("input", draw);
  desk.addEventListener("focusin", draw);
  for (const button of buttons) {
    button.addEventListener("click", () => {
      const { node } = cards[Number(button.dataset.go)];
      node.focus({ preventScroll: true });
      node.scrollIntoView({ block: "start" });
    });
  }
  if (foot) foot.hidden = false;
  for (const each of cards) each.close();
  draw();

  return {
    key(key) {
      const box = key === "x" && current().box;
      if (!box) return false;
      box.click();
      return true;
    },
  };
}

function card(node) {
  const rates = [...node.querySelectorAll(".rate")];
  const box = node.querySelector("[data-cannot]");
  const chosen = (rate) => rate.querySelector("input:checked");
  return {
    node,
    box,
    // What cannot be judged has no ratings; to take that back brings them back.
    close() {
      for (const rate of rates) rate.disabled = Boolean(box?.checked);
    },
    progress() {
      if (box?.checked) return { done: node.querySelector("[data-why]").value.trim() ? 1 : 0, of: 1 };
      return { done: rates.filter(chosen).length, of: rates.length };
    },
    draw() {
      for (const rate of rates) {
        const value = chosen(rate)?.value;
        const meanings = [...rate.querySelectorAll("[data-meaning]")];
        for (const each of meanings) each.classList.toggle("chosen", each.dataset.meaning === value);
      }
    },
  };
}
