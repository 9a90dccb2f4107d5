// What this browser keeps for its person: answers on their way, drafts. Encrypted (AES-GCM) with a
// key that comes with the page and is never stored; emptied by the server's reply to a log-out.
const source = document.querySelector("meta[name=storage]");
const prefix = source ? `workbench:${source.content}:` : "";
// Only pages that came over TLS, or from this machine, may encrypt. On others nothing outlives the page.
const able = Boolean(source && globalThis.crypto?.subtle);
const inMemory = new Map();

const bytes = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
const text = (buffer) => btoa(Array.from(new Uint8Array(buffer), (b) => String.fromCharCode(b)).join(""));
const key = able
  ? crypto.subtle.importKey("raw", bytes(source.dataset.key), "AES-GCM", false, ["encrypt", "decrypt"])
  : null;

export async function put(name, value) {
  try {
    if (!able) throw new Error("no encryption");
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const plain = new TextEncoder().encode(JSON.stringify(value));
    const cipher = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, await key, plain);
    localStorage.setItem(prefix + name, `${text(iv)}.${text(cipher)}`);
    inMemory.delete(name);
  } catch {
    inMemory.set(name, value);
  }
}

// null when there is nothing of that name, or nothing that this person's key opens.
export async function get(name) {
  if (inMemory.has(name)) return inMemory.get(name);
  const stored = able ? localStorage.getItem(prefix + name) : null;
  if (!stored) return null;
  try {
    const [iv, cipher] = stored.split(".").map(bytes);
    return JSON.parse(new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, await key, cipher)));
  } catch {
    localStorage.removeItem(prefix + name);
    return null;
  }
}

export function remove(name) {
  inMemory.delete(name);
  if (able) localStorage.removeItem(prefix + name);
}

// In the order of their names.
export function names(beginning) {
  const stored = able ? Object.keys(localStorage).filter((name) => name.startsWith(prefix + beginning)) : [];
  return [...new Set([...stored.map((name) => name.slice(prefix.length)), ...inMemory.keys()])]
    .filter((name) => name.startsWith(beginning))
    .sort();
}

// Another tab of this browser changed what is kept.
export function onChange(act) {
  addEventListener("storage", (event) => event.key?.startsWith(prefix) && act());
}
