// What every page does: send the CSRF token with htmx requests, close menus, say what failed, send
// answers that an earlier page left behind.
import { logInAgain, prepare } from "./log-in-again.js";
import * as outbox from "./outbox.js";
import { person, token } from "./server.js";

document.addEventListener("htmx:config:request", (event) => {
  const request = event.detail.ctx.request;
  if (!/^(GET|HEAD)$/.test(request.method)) request.headers["X-CSRFToken"] = token();
  if (person()) request.headers["In-Place"] = "1";
});

document.addEventListener("htmx:error", noAnswer);

// An error that is not ours (a proxy's, say) must not take the place of what the person entered.
document.addEventListener("htmx:before:swap", (event) => {
  const { response, sourceElement } = event.detail.ctx;
  if (!response || response.status < 400 || response.headers.has("HX-Retarget") || response.headers.has("HX-Redirect")) return;
  event.preventDefault();
  if (response.status === 401 && person()) return logInAgain(() => again(sourceElement));
  noAnswer();
});

function again(node) {
  if (node.isConnected) node.closest("form")?.requestSubmit();
}

function noAnswer() {
  document.getElementById("notice").replaceChildren(document.getElementById("offline").content.cloneNode(true));
}

document.addEventListener("htmx:before:request", () => document.getElementById("notice").replaceChildren());

// What is open lies over the page, so it closes when one goes on elsewhere.
for (const name of ["click", "focusin"]) {
  document.addEventListener(name, (event) => {
    for (const menu of document.querySelectorAll("details.menu[open], details.pop[open]")) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open], details.pop[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

prepare();
if (person() && outbox.waiting()) outbox.flush();

// A log-out empties what the browser keeps, so what waits goes first.
document.querySelector("[data-log-out]")?.addEventListener("submit", async (event) => {
  const form = event.currentTarget;
  if (!outbox.waiting() || form.dataset.sure) return;
  event.preventDefault();
  await outbox.flush();
  if (!outbox.waiting()) return form.submit();
  form.dataset.sure = "1";
  document.getElementById("notice").replaceChildren(document.getElementById("unsent").content.cloneNode(true));
});
