// What the server refused: said beside the answer, with a way to each field it speaks of.
import { showResponse } from "./layout.js";

export function problems(desk, list, show) {
  const form = desk.querySelector("#answer");
  if (!form || !list?.querySelector(".notice")) return;
  const several = desk.querySelectorAll("[data-question]").length !== 1;
  const lines = [...list.querySelectorAll("[data-field]")].map((line) => [line, fieldOf(form, line.dataset.field)]);
  lines.sort(([, a], [, b]) => (a && b && a.compareDocumentPosition(b) & Node.DOCUMENT_POSITION_PRECEDING ? 1 : -1));
  for (const [line, field] of lines) {
    line.parentElement.append(line);
    if (!field) continue;
    blame(form, field);
    const way = document.createElement("button");
    way.type = "button";
    way.className = "to-field";
    const name = nameOf(field);
    // A sentence that names its question itself needs no name before it.
    if (several && name && !line.textContent.includes(name)) way.append(strong(name), " ");
    way.append(...line.childNodes);
    way.addEventListener("click", () => reach(field, show));
    line.append(way);
  }
  if (lines.length) showQuestion(lines[0][1], show);
  list.focus({ preventScroll: true });
  list.scrollIntoView({ block: "nearest" });
}

// The control of that name; of a group (`tier` for tier-0, tier-1, ...) the first one.
function fieldOf(form, name) {
  const all = [...form.elements].filter((field) => field.type !== "fieldset" && field.name);
  const prefix = name.includes(".") ? name.slice(0, name.indexOf(".") + 1) : "";
  const named =
    all.find((f) => f.name === name) ??
    all.find((f) => f.name.startsWith(`${name}-`)) ??
    all.find((f) => f.type === "radio" && f.name.startsWith(prefix));
  if (!named || named.type !== "hidden") return named ?? null;
  return named.closest("[data-flag]")?.querySelector("select") ?? null;
}

function groupOf(field) {
  return field.closest("[role=radiogroup], .select, .reason, [data-question]") ?? field;
}

function blame(form, field) {
  const group = groupOf(field);
  const blamed = field.matches("select, textarea") ? field : group;
  group.classList.add("wrong");
  if (!blamed.matches("fieldset")) blamed.setAttribute("aria-invalid", "true");
  const forgive = (event) => {
    if (!group.contains(event.target)) return;
    group.classList.remove("wrong");
    blamed.removeAttribute("aria-invalid");
    form.removeEventListener("input", forgive);
  };
  form.addEventListener("input", forgive);
}

function nameOf(field) {
  const group = groupOf(field);
  const own = group.ariaLabel ?? group.querySelector("span, legend")?.textContent ?? "";
  const flag = field.closest("[data-flag]")?.querySelector("legend").textContent ?? "";
  return [shortened(flag.trim()), own.trim()].filter(Boolean).join(" · ");
}

function shortened(text) {
  const points = [...text.replace(/\s+/g, " ")];
  return points.length > 40 ? `${points.slice(0, 39).join("")}…` : points.join("");
}

function strong(text) {
  const node = document.createElement("strong");
  node.textContent = text;
  return node;
}

function showQuestion(field, show) {
  const question = field?.closest("[data-question]");
  if (question) show?.(question);
}

function reach(field, show) {
  showQuestion(field, show);
  const card = field.closest(".response");
  if (card) showResponse(field.closest("#answer"), card.dataset.place);
  field.focus();
  field.scrollIntoView({ block: "nearest" });
}
