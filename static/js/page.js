// What every page does: send the CSRF token with htmx requests, close menus, say what failed.
const token = () => document.querySelector("meta[name=csrf-token]").content;

document.addEventListener("htmx:config:request", (event) => {
  const request = event.detail.ctx.request;
  if (!/^(GET|HEAD)$/.test(request.method)) request.headers["X-CSRFToken"] = token();
});

document.addEventListener("htmx:error", noAnswer);

// An error that is not ours (a proxy's, say) must not take the place of what the person entered.
document.addEventListener("htmx:before:swap", (event) => {
  const response = event.detail.ctx.response;
  if (response.status < 400 || response.headers.has("HX-Retarget") || response.headers.has("HX-Redirect")) return;
  event.preventDefault();
  noAnswer();
});

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
