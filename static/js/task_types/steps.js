// Steps of a solution: what is not to be judged is switched off, and the foot tells how far one is.
export const widgets = [steps];

// As the server will have it: each step that is asked about is judged, and what needs a reason has one.
export function complete(form) {
  const said = form.elements.comment.value.trim();
  if (form.elements.cannot.checked) return Boolean(said);
  if (asked(form).some((step) => !ratingOf(step))) return false;
  const why = form.querySelector("[data-comment-required]") && asked(form).some(isBad);
  return !why || Boolean(said);
}

const asked = (form) => [...form.querySelectorAll(".step")].filter((step) => !step.disabled);
const ratingOf = (step) => step.querySelector("input:checked")?.value ?? "";
const isBad = (step) => ratingOf(step) === "-1";

function steps(desk) {
  const list = desk.querySelector(".solution");
  if (!list) return null;
  const all = [...list.querySelectorAll(".step")];
  const box = desk.querySelector("[data-cannot]");
  const nav = desk.querySelector(".step-nav");
  const stopped = desk.querySelector("[data-stopped]");

  // Those after the first bad one keep what was said of them, for whoever takes the bad one back.
  const close = () => {
    const bad = all.findIndex(isBad);
    const last = list.matches("[data-stops]") && bad >= 0 ? bad : all.length;
    all.forEach((step, i) => (step.disabled = box.checked || i > last));
    if (stopped) stopped.hidden = box.checked || last >= all.length - 1;
  };
  const draw = () => {
    for (const button of nav.querySelectorAll("[data-step]")) {
      const step = all[Number(button.dataset.step)];
      button.dataset.rating = step.disabled ? "" : ratingOf(step);
      button.disabled = step.disabled;
    }
  };

  // Before the mark moves on: it passes over what is switched off.
  desk.addEventListener("change", close, true);
  desk.addEventListener("change", (event) => {
    draw();
    if (event.target === box && box.checked) writeComment(desk);
  });
  new MutationObserver(() => showCurrent(nav)).observe(nav, { subtree: true, attributeFilter: ["aria-current"] });
  close();
  draw();

  return {
    key(key) {
      if (key !== "x") return false;
      box.click();
      return true;
    },
  };
}

// Of many steps the row is longer than the screen is wide.
function showCurrent(nav) {
  const button = nav.querySelector("[aria-current]");
  if (button) nav.scrollLeft = button.offsetLeft - (nav.clientWidth - button.offsetWidth) / 2;
}

function writeComment(desk) {
  const field = desk.querySelector("[data-reason-field]");
  field.closest("details").open = true;
  field.focus();
}
