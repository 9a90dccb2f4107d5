// Ranking three or more: letter then number, arrows on the row, or drag between places.
// The radio buttons hold the answer; the board is another view of them.
import { showResponse } from "../layout.js";

export const widgets = [ranking];

// Each question has a ranking of two or more, or a verdict.
export const complete = (form) =>
  [...form.querySelectorAll("[data-question]")].every((question) => {
    const own = (name) => `[name="${CSS.escape(question.dataset.prefix + name)}"]`;
    const verdict = form.querySelector(`${own("verdict")}:checked`)?.value;
    if (verdict === "cannot_judge") return Boolean(form.querySelector(own("reason")).value.trim());
    if (form.querySelector(`${own("pair")}:checked`)) return true;
    const rows = [...form.querySelectorAll(`.place-row[data-prefix="${question.dataset.prefix}"]`)];
    const places = rows.map((row) => row.querySelector("input:checked")?.value).filter(Boolean);
    return verdict ? !places.length || allowed(form, rows, places) : places.length > 1 && allowed(form, rows, places);
  });

function allowed(form, rows, places) {
  const { ties, partial } = form.querySelector("[data-questions]").dataset;
  return (ties || new Set(places).size === places.length) && (partial || places.length === rows.length) && places.length > 1;
}

function ranking(desk) {
  const groups = [...desk.querySelectorAll("[data-board]")].map((board) => group(desk, board));
  if (!groups.length) return null;
  let current = null;

  const choose = (row) => {
    for (const other of desk.querySelectorAll(".place-row")) other.classList.toggle("current", other === row);
    current = row;
  };
  for (const row of desk.querySelectorAll(".place-row")) row.addEventListener("focusin", () => choose(row));

  return {
    key(key) {
      const active = groups.find((g) => g.question.classList.contains("active")) || groups[0];
      const named = active.rows.find((r) => r.dataset.letter.toLowerCase() === key);
      if (named) {
        choose(named);
        showResponse(desk, named.dataset.place);
        desk.querySelector(`.response[data-response="${named.dataset.place}"]`).scrollIntoView({ block: "nearest" });
        return true;
      }
      // A letter holds for the question it was pressed in.
      const row = active.rows.find((r) => r === current);
      if (row && (/^[1-9]$/.test(key) || key === "-")) return active.set(row, key === "-" ? "" : key);
      if (row && (key === "ArrowUp" || key === "ArrowDown")) return active.move(row, key === "ArrowUp" ? -1 : 1);
      return false;
    },
  };
}

function group(desk, board) {
  const question = board.closest("[data-question]");
  const said = question.querySelector("[data-said]");
  const rows = [...desk.querySelectorAll(`.place-row[data-prefix="${question.dataset.prefix}"]`)];
  const value = (row) => row.querySelector("input:checked")?.value ?? "";

  const set = (row, place) => {
    const input = [...row.querySelectorAll("input")].find((i) => i.value === place);
    if (!input) return false;
    input.checked = true;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    return true;
  };
  const move = (row, by) => {
    const now = value(row);
    const next = now === "" ? (by < 0 ? rows.length : 1) : Number(now) + by;
    return set(row, next < 1 ? "1" : next > rows.length ? String(rows.length) : String(next)) || true;
  };
  const draw = () => {
    for (const row of rows) {
      const place = value(row);
      const chip = board.querySelector(`[data-chip="${row.dataset.place}"]`);
      const zone = board.querySelector(`[data-zone="${place}"]`);
      if (chip && chip.parentElement !== zone) zone.append(chip);
      desk.querySelector(`.response[data-response="${row.dataset.place}"]`)?.setAttribute("data-rank", place);
    }
    const ranked = rows.filter((row) => value(row) !== "");
    said.textContent = ranked.map((row) => `${row.dataset.letter} ${value(row)}`).join(", ");
  };

  for (const row of rows) {
    const chip = document.createElement("span");
    chip.className = "chip";
    chip.dataset.chip = row.dataset.place;
    chip.textContent = row.dataset.letter;
    board.querySelector('[data-zone=""]').append(chip);
    for (const button of row.querySelectorAll("[data-move]")) {
      button.addEventListener("click", () => move(row, Number(button.dataset.move)));
    }
  }
  // While a chip is dragged, Sortable sends events of that name too.
  desk.addEventListener("change", (event) => event.target.matches("input") && draw());
  board.hidden = false;
  drag(board, (place, zone) => set(rows.find((row) => row.dataset.place === place), zone));
  draw();
  return { question, rows, set, move };
}

// The heaviest file of all: it comes once a mouse or a finger is used, since keys do without.
const pointed = new Promise((come) => {
  for (const name of ["pointermove", "pointerdown"]) {
    document.addEventListener(name, come, { once: true, passive: true });
  }
});

async function drag(board, dropped) {
  await pointed;
  if (!globalThis.Sortable) await import("../../vendor/sortable-1.15.7.min.js");
  if (!board.isConnected) return;
  board.dataset.draggable = "";
  for (const zone of board.querySelectorAll("[data-zone]")) {
    Sortable.create(zone, {
      group: `places-${board.closest("[data-question]").dataset.prefix}`,
      draggable: ".chip",
      animation: 0,
      // The same with a mouse and with a finger.
      forceFallback: true,
      onEnd: (event) => dropped(event.item.dataset.chip, event.to.dataset.zone),
    });
  }
}
