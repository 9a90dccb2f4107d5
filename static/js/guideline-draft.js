// What a lead has written outlives a session that ended or a page that was left: in this tab, until
// it is published or forgotten.
const kept = document.getElementById("kept-draft");
const key = `workbench-draft-${kept.dataset.draft}`;
const passing = new Set(["csrf_token", "confirm"]);

function entries() {
  return [...new FormData(document.getElementById("editor"))].filter(([name]) => !passing.has(name));
}

const before = sessionStorage.getItem(key);
// A page that was sent back with what was written (an error, a preview) holds it already.
kept.hidden = before === null || before === JSON.stringify(entries());

document.addEventListener("input", (event) => {
  if (event.target.closest("#editor")) keep();
});

// What is on offer is not overwritten before it was taken up or forgotten.
function keep() {
  if (kept.hidden) sessionStorage.setItem(key, JSON.stringify(entries()));
}

// An example or a term more or less.
document.addEventListener("htmx:after:swap", () => {
  if (sessionStorage.getItem(key) !== null) keep();
});

// Published: the server sends on to another page. So it does to the log-in, with a 401.
document.addEventListener("htmx:after:request", (event) => {
  const { status, headers } = event.detail.ctx.response;
  if (status === 204 && headers.has("HX-Redirect")) sessionStorage.removeItem(key);
});

kept.querySelector("[data-discard]").addEventListener("click", () => {
  sessionStorage.removeItem(key);
  kept.hidden = true;
});

// Sent as a form, so that the server lays out as many examples and terms as there were.
kept.querySelector("[data-restore]").addEventListener("click", () => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = kept.dataset.entries;
  const token = ["csrf_token", document.querySelector("meta[name=csrf-token]").content];
  for (const [name, value] of [token, ...JSON.parse(before)]) {
    const field = document.createElement("textarea");
    field.name = name;
    field.value = value;
    form.append(field);
  }
  form.hidden = true;
  document.body.append(form);
  form.submit();
});
