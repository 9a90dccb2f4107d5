// The log-in ended while the page was open: ask for the password in place, and for the second factor
// of who has one, and go on.
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
  if (!form) return;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const half = !second(form).hidden;
    go(form, () => (half ? bySecond(form, { code: form.elements.code.value }) : byPassword(form)));
  });
  form.querySelector("[data-by-passkey]").addEventListener("click", () =>
    go(form, async () => {
      const { answer } = await import("./passkeys.js");
      return bySecond(form, { passkey: await answer(second(form).dataset.options) });
    }));
}

const second = (form) => form.querySelector("[data-second]");

async function go(form, step) {
  const { password, code } = form.elements;
  const problem = await tried(form, step);
  form.querySelector("[role=alert]").textContent = problem ?? "";
  password.value = code.value = "";
  if (problem !== "") return (second(form).hidden ? password : code).focus();
  show(form, false);
  form.closest("dialog").close();
  for (const act of goingOn.splice(0)) act();
}

// What is wrong, null when there is another step, or "" when the person is in again.
async function tried(form, step) {
  try {
    await renew();
    return await step();
  } catch {
    return form.dataset.failed;
  }
}

async function byPassword(form) {
  const response = await post(form.action, { name: person(), password: form.elements.password.value });
  if (response.status !== 202) return outcome(form, response, form.dataset.wrong);
  const { passkey } = await response.json();
  show(form, true);
  form.querySelector("[data-by-passkey]").hidden = !passkey;
  return null;
}

async function bySecond(form, fields) {
  const response = await post(second(form).dataset.second, fields);
  if (response.status === 410) show(form, false);
  return outcome(form, response, form.dataset.wrongCode);
}

async function outcome(form, response, wrong) {
  if (response.type === "opaqueredirect" || response.ok) return (await renew()) ? "" : form.dataset.failed;
  if (response.status === 410) return form.dataset.failed;
  if (response.status !== 429) return wrong;
  return form.dataset.wait.replace("{n}", response.headers.get("Retry-After") ?? "");
}

function show(form, half) {
  second(form).hidden = !half;
  form.elements.password.closest(".field").hidden = half;
  form.elements.password.required = !half;
}
