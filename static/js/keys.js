// The person's own keys: single characters that changed places, kept in this browser. What is pressed
// is told to the desk as the key that it knows, and what the page shows is the key to press.
const person = document.querySelector("meta[name=storage]")?.content;
const NAME = `workbench-keys-${person}`;
// Pressed to meant. Always a permutation, so no two actions ever share a key, whatever the type.
let own = read();

function read() {
  try {
    return new Map(JSON.parse(localStorage.getItem(NAME)) ?? []);
  } catch {
    return new Map();
  }
}

export const meant = (pressed) => own.get(pressed) ?? pressed;

export function pressedFor(key) {
  for (const [pressed, means] of own) if (means === key) return pressed;
  return key;
}

// `pressed` means `key` from now on; what it meant until now goes to the key that this one leaves.
export function change(key, pressed) {
  const left = pressedFor(key);
  const displaced = meant(pressed);
  own.set(pressed, key).set(left, displaced);
  for (const [from, to] of own) if (from === to) own.delete(from);
  localStorage.setItem(NAME, JSON.stringify([...own]));
}

export function restoreAll() {
  own = new Map();
  localStorage.removeItem(NAME);
}

// Every key that the page shows, as this person presses it.
export function show(node) {
  for (const kbd of node.querySelectorAll("kbd")) {
    const known = kbd.dataset.known ?? kbd.textContent.trim();
    if (known.length !== 1) continue;
    kbd.dataset.known = known;
    kbd.textContent = pressedFor(known.toLowerCase()).toUpperCase();
  }
}
