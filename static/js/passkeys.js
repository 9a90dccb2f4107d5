// Passkeys: a form with `data-passkey` (where to ask what a device is to sign) is sent on with the
// device's answer in its hidden field.
import { post } from "./server.js";

const bytes = (text) => Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const listed = (credentials) => credentials?.map((each) => ({ ...each, id: bytes(each.id) }));

// What the device answered, as JSON. `create`: a new passkey.
export async function answer(address, create = false) {
  const response = await post(address);
  if (!response.ok) throw new Error(String(response.status));
  const asked = await response.json();
  asked.challenge = bytes(asked.challenge);
  if (!create) {
    asked.allowCredentials = listed(asked.allowCredentials);
    return written(await navigator.credentials.get({ publicKey: asked }));
  }
  asked.user.id = bytes(asked.user.id);
  asked.excludeCredentials = listed(asked.excludeCredentials);
  return written(await navigator.credentials.create({ publicKey: asked }));
}

function written(credential) {
  const { response } = credential;
  const parts = { clientDataJSON: text(response.clientDataJSON) };
  for (const name of ["attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  if (response.getTransports) parts.transports = response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    response: parts,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
}

for (const form of document.querySelectorAll("form[data-passkey]")) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const trouble = form.querySelector("[data-trouble]");
    const field = form.querySelector("input[name=passkey], input[name=present_passkey]");
    trouble.textContent = "";
    try {
      field.value = await answer(form.dataset.passkey, "create" in form.dataset);
      form.submit();
    } catch (error) {
      const why = { NotAllowedError: "cancelled", AbortError: "cancelled", InvalidStateError: "known" };
      trouble.textContent = trouble.dataset[why[error.name] ?? "unable"];
    }
  });
}
