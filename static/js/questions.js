// Questions answered by digits: the marked one takes the key, and the mark moves on.
export function questions(desk) {
  const all = [...desk.querySelectorAll("[data-question]")];
  if (!all.length) return null;
  let at = 0;

  const mark = (next) => {
    at = Math.max(0, Math.min(all.length - 1, next));
    all.forEach((node, i) => node.classList.toggle("active", all.length > 1 && i === at));
  };
  const inputs = (node) => [...node.querySelectorAll("[data-choice-key]")];

  all.forEach((node, i) => {
    node.addEventListener("focusin", () => mark(i));
    node.addEventListener("change", (event) => {
      only(node, event.target);
      dependants(desk);
      if (event.target.matches("[type=radio][data-choice-key]") && i === at) mark(i + 1);
    });
  });
  dependants(desk);
  mark(0);

  return {
    key(key) {
      if (key === "p") return mark(at - 1), true;
      if (key === "h") return first(desk.querySelector("[data-only-when]:not([hidden]) select"));
      const chosen = inputs(all[at]).find((input) => input.dataset.choiceKey === key);
      if (!chosen) return false;
      chosen.click();
      all[at].scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}

export function why(question) {
  const field = question.querySelector("[data-reason-field]");
  const folded = field?.closest("details");
  if (folded) folded.open = true;
  field?.focus();
  return Boolean(field);
}

function first(node) {
  node?.focus();
  return Boolean(node);
}

// "Cannot judge" stands alone; of two verdicts only the later one holds.
function only(question, changed) {
  if (!changed.checked) return;
  const isVerdict = changed.name.endsWith("verdict");
  if (isVerdict) {
    for (const other of question.querySelectorAll(`[name="${CSS.escape(changed.name)}"]`)) {
      if (other !== changed) other.checked = false;
    }
  }
  const cannot = question.querySelector("[value=cannot_judge]");
  if (!cannot) return;
  if (changed === cannot) {
    for (const radio of own(question)) radio.checked = radio.value === "";
    why(question);
  } else if (changed.type === "radio" && changed.value !== "") cannot.checked = false;
}

// The question's radio buttons: in it, or on the responses' cards.
function own(question) {
  const prefix = question.dataset.prefix ?? "";
  return question.closest("form").querySelectorAll(
    `[type=radio][name="${CSS.escape(prefix)}pair"], .place-row[data-prefix="${prefix}"] [type=radio]`,
  );
}

// What is asked only after a certain answer is shown only then, and sends nothing otherwise.
function dependants(desk) {
  for (const node of desk.querySelectorAll("[data-only-when]")) {
    const [name, value] = node.dataset.onlyWhen.split("=");
    const on = desk.querySelector(`[name="${name}"]:checked`)?.value === value;
    node.hidden = !on;
    for (const field of node.querySelectorAll("select, input")) field.disabled = !on;
  }
}
