// Each key of the legend becomes a button: press it, then press the key that is to take its place.
import { change, meant, pressedFor, restoreAll, show } from "./keys.js";

// A range ("4 … 0") stays: its keys are written on the choices themselves.
const changeable = (kbd) => kbd.dataset.known && !kbd.parentElement.textContent.includes("…");

export function changeKeys(desk, panel) {
  const said = panel.querySelector("[data-keys-said]");
  const reset = panel.querySelector("[data-keys-reset]");
  const buttons = [...desk.querySelectorAll("[data-keys] kbd")].filter(changeable).map(button);
  reset.hidden = false;
  reset.addEventListener("click", () => {
    restoreAll();
    shown(panel.dataset.restored);
  });
  buttons[0]?.focus();

  function button(kbd) {
    const node = document.createElement("button");
    node.type = "button";
    node.className = "key-change";
    kbd.replaceWith(node);
    node.append(kbd);
    node.addEventListener("click", () => listen(node));
    name(node);
    return node;
  }

  function name(node) {
    const what = node.closest("div").querySelector("dd").textContent;
    node.setAttribute("aria-label", fill(panel.dataset.name, node.textContent, what));
  }

  function listen(node) {
    const key = node.firstChild.dataset.known.toLowerCase();
    node.classList.add("listening");
    said.textContent = fill(panel.dataset.ask, node.textContent, "");
    // In front of the desk, to which the key means something.
    addEventListener("keydown", take, true);
    node.addEventListener("blur", stop, { once: true });

    function take(event) {
      if (["Shift", "Control", "Alt", "AltGraph", "Meta"].includes(event.key)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      stop();
      if (event.key === "Escape") return;
      const pressed = event.key.toLowerCase();
      if (pressed.length !== 1 || pressed === " " || event.ctrlKey || event.metaKey) {
        said.textContent = panel.dataset.unfit;
        return;
      }
      const before = pressedFor(key).toUpperCase();
      const displaced = meant(pressed);
      change(key, pressed);
      const also = buttons.some((other) => other !== node && other.firstChild.dataset.known.toLowerCase() === displaced);
      shown(fill(also ? panel.dataset.swapped : panel.dataset.changed, pressed.toUpperCase(), before));
    }

    function stop() {
      removeEventListener("keydown", take, true);
      node.classList.remove("listening");
      said.textContent = "";
    }
  }

  function shown(text) {
    show(desk);
    buttons.forEach(name);
    said.textContent = text;
  }
}

const fill = (text, key, other) => text.replace("{key}", key.trim()).replace("{other}", other.trim());
