// The log-in ended while the page was open: ask for the password in place, and go on.
import { person, post, renew } from "./server.js";

let goingOn = [];

export function logInAgain(then) {
  const dialog = document.getElementById("log-in-again");
  goingOn.push(then);
  if (dialog.open) return;
  dialog.showModal();
  dialog.querySelector("[name=password]").focus();
}

export function prepare() {
  const form = document.querySelector("#log-in-again form");
  form?.addEventListener("submit", async (event) => {
    event.preventDefault();
    const password = form.elements.password;
    const problem = await tried(form, password.value);
    form.querySelector("[role=alert]").textContent = problem;
    password.value = "";
    if (problem) return password.focus();
    form.closest("dialog").close();
    for (const act of goingOn.splice(0)) act();
  });
}

// What is wrong, or "" when the person is in again.
async function tried(form, password) {
  try {
    await renew();
    const response = await post(form.action, { name: person(), password });
    if (response.type === "opaqueredirect" || response.ok) return (await renew()) ? "" : form.dataset.failed;
    if (response.status !== 429) return form.dataset.wrong;
    return form.dataset.wait.replace("{n}", response.headers.get("Retry-After") ?? "");
  } catch {
    return form.dataset.failed;
  }
}
