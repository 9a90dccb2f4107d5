// An upload with its progress: sent by XMLHttpRequest, since fetch does not tell how far it is.
// Without this module the form is an ordinary one, with the same answers.
for (const form of document.querySelectorAll("form[data-upload]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.getAttribute("aria-busy") !== "true") send(form, event.submitter);
  });
}

function send(form, button) {
  const size = Array.from(form.elements.file.files).reduce((sum, file) => sum + file.size, 0);
  if (size > Number(form.dataset.largest)) return report(form, text(form, "too-large"));
  report(form);
  const request = new XMLHttpRequest();
  const progress = sending(form, request);
  request.upload.addEventListener("progress", (event) => event.lengthComputable && progress(event.loaded / event.total));
  request.upload.addEventListener("load", () => progress(null));
  request.addEventListener("load", () => answered(form, request));
  request.addEventListener("error", () => report(form, document.getElementById("offline").content.cloneNode(true)));
  request.addEventListener("loadend", () => rest(form));
  request.open("POST", form.action);
  request.setRequestHeader("Accept", "text/html");
  request.responseType = "document";
  request.send(new FormData(form, button));
}

// Shows how far it is; a null share means that all of it has been sent.
function sending(form, request) {
  const box = form.querySelector("[data-sending]");
  const bar = box.querySelector("progress");
  const words = box.querySelector("[data-say]");
  form.setAttribute("aria-busy", "true");
  box.hidden = false;
  const cancel = box.querySelector("[data-cancel]");
  cancel.onclick = () => request.abort();
  return (share) => {
    // What has arrived is stored, whether this page waits for the answer or not.
    cancel.hidden = share === null;
    if (share === null) bar.removeAttribute("value");
    else bar.value = share;
    const said = text(form, share === null ? "checking" : "sending").textContent.trim();
    const now = said.replace("{percent}", Math.floor((share ?? 1) * 100));
    if (words.textContent !== now) words.textContent = now;
  };
}

function rest(form) {
  form.removeAttribute("aria-busy");
  form.querySelector("[data-sending]").hidden = true;
  form.querySelector("[data-say]").textContent = "";
}

function answered(form, request) {
  if (request.status < 400 && request.responseURL !== form.action) {
    location.assign(request.responseURL);
    return;
  }
  if (request.status === 401) return report(form, text(form, "logged-out"));
  const page = request.response;
  const found = page?.querySelector("#import-report > *") ? page.querySelector("#import-report") : page?.querySelector("main .notice");
  report(form, found ? document.importNode(found, true) : text(form, "failed"));
}

// Puts what the server said, or nothing, where a person and a screen reader find it.
function report(form, said) {
  const place = document.getElementById("import-report");
  place.replaceChildren(...(said ? (said.id === place.id ? said.childNodes : [said]) : []));
  if (!said) return;
  place.focus({ preventScroll: true });
  place.scrollIntoView({ block: "start" });
}

function text(form, name) {
  return form.querySelector(`template[data-text="${name}"]`).content.cloneNode(true);
}
