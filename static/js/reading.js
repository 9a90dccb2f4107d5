// Reading aids: long prompts are folded, responses are shown formatted or as written.
const RAW = "workbench-raw";

export function fold(desk) {
  const text = desk.querySelector("[data-fold]");
  const button = desk.querySelector("[data-unfold]");
  if (text && button) {
    const line = parseFloat(getComputedStyle(text.querySelector(".judged")).lineHeight);
    if (text.scrollHeight > line * 14) {
      text.classList.add("folded");
      button.hidden = false;
      button.addEventListener("click", () => {
        text.classList.remove("folded");
        button.hidden = true;
        text.tabIndex = -1;
        text.focus({ preventScroll: true });
      });
    }
  }
  const view = desk.querySelector("[data-view]");
  if (view && localStorage.getItem(RAW) === "1") show(desk, view, true);
}

// On a telephone two answers that do not fit together are read one after the other.
export function oneAtATime(desk) {
  const which = desk.querySelector("[data-which]");
  if (!which) return;
  const room = innerHeight * 0.6;
  which.hidden = desk.querySelector(".responses").scrollHeight < room;
  if (which.hidden) return;
  which.addEventListener("click", (event) => {
    const button = event.target.closest("[data-show]");
    if (button) showResponse(desk, button.dataset.show);
  });
  showResponse(desk, "0");
}

export function showResponse(desk, place) {
  if (desk.querySelector("[data-which]")?.hidden !== false) return;
  for (const button of desk.querySelectorAll("[data-show]")) {
    button.setAttribute("aria-pressed", String(button.dataset.show === place));
  }
  for (const response of desk.querySelectorAll(".response")) {
    response.classList.toggle("away", response.dataset.response !== place);
  }
}

export function switchView(desk, button) {
  const raw = localStorage.getItem(RAW) !== "1";
  localStorage.setItem(RAW, raw ? "1" : "0");
  show(desk, button, raw);
}

function show(desk, button, raw) {
  for (const rendered of desk.querySelectorAll(".responses .rendered")) {
    rendered.hidden = raw;
    rendered.parentElement.querySelector(".raw").hidden = !raw;
  }
  const label = button.querySelector("[data-view-label]");
  label.textContent = raw ? label.dataset.rendered : label.dataset.raw;
}
