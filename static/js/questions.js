// Questions answered by digits: the marked one takes the key, and the mark moves on.
export function questions(desk) {
  const all = [...desk.querySelectorAll("[data-question]")];
  if (!all.length) return null;
  const form = desk.querySelector("#answer");
  const steps = desk.querySelector("[data-steps]");
  // Where they lie one below the other, arrows go up and down as well.
  const arrows = Boolean(desk.querySelector("[data-arrows]"));
  let at = 0;

  const mark = (next) => {
    at = Math.max(0, Math.min(all.length - 1, next));
    all.forEach((node, i) => node.classList.toggle("active", all.length > 1 && i === at));
    if (steps) showSteps(steps, all, at);
  };
  // Where only the marked question is seen, the focus may not stay behind in a hidden one.
  // A question that is switched off is passed over; with none left that way the mark stays.
  const go = (next) => {
    const inside = all[at].contains(document.activeElement);
    const by = next < at ? -1 : 1;
    while (all[next]?.disabled) next += by;
    mark(all[next] ? next : at);
    if (steps && inside) all[at].querySelector("input").focus({ preventScroll: arrows });
    if (arrows) all[at].scrollIntoView({ block: "nearest" });
  };

  form.addEventListener("focusin", (event) => {
    const question = questionOf(event.target, all) ?? firstOpen(event.target, all);
    if (question) mark(all.indexOf(question));
  });
  form.addEventListener("change", (event) => {
    const question = questionOf(event.target, all);
    if (question) only(question, event.target);
    dependants(desk);
    const answered = event.target.matches("[type=radio][data-choice-key]:checked");
    if ((answered && question === all[at]) || all[at].disabled) go(at + 1);
    else if (steps) showSteps(steps, all, at);
  });
  takeBackByClick(form);
  form.addEventListener("click", (event) => {
    const closed = event.target.closest(".why:not([open]) > summary");
    if (!closed) return;
    event.preventDefault();
    why(closed.parentElement);
  });
  if (steps) {
    steps.hidden = false;
    steps.addEventListener("click", (event) => {
      const button = event.target.closest("[data-step]");
      if (!button) return;
      mark(Number(button.dataset.step));
      all[at].querySelector("input").focus();
    });
  }
  dependants(desk);
  mark(0);

  return {
    show: (question) => mark(all.indexOf(question)),
    key(key) {
      if (all.length > 1 && (key === "p" || (arrows && key === "ArrowUp"))) return go(at - 1), true;
      if (all.length > 1 && (key === "o" || (arrows && key === "ArrowDown"))) return go(at + 1), true;
      if (key === "h") return focusOn(desk.querySelector("[data-only-when]:not([hidden]) select"));
      const input = [...all[at].querySelectorAll("[data-choice-key]")].find((i) => i.dataset.choiceKey === key);
      if (!input) return false;
      if (input.type === "radio" && input.checked) takeBack(input);
      else input.click();
      if (!all[at].closest(".at-foot")) all[at].scrollIntoView({ block: "nearest" });
      return true;
    },
  };
}

// The question that a control belongs to, be it in it or on a response's card.
function questionOf(node, all) {
  const prefix = node.closest(".place-row")?.dataset.prefix;
  return node.closest("[data-question]") ?? all.find((q) => prefix !== undefined && q.dataset.prefix === prefix);
}

// Of a response that has questions of its own, the first that has no answer.
function firstOpen(node, all) {
  if (!node.matches("[data-response]")) return undefined;
  const own = all.filter((question) => node.contains(question) && !question.disabled);
  return own.find((question) => !question.querySelector("input:checked")) ?? own[0];
}

function showSteps(steps, all, at) {
  for (const button of steps.querySelectorAll("[data-step]")) {
    const i = Number(button.dataset.step);
    if (i === at) button.setAttribute("aria-current", "step");
    else button.removeAttribute("aria-current");
    button.classList.toggle("done", Boolean(all[i].querySelector("input:checked:not([value=''])")));
  }
}

// A second click on the chosen answer, or its key again, takes it back. A double click does not.
function takeBackByClick(form) {
  let chosen = null;
  form.addEventListener("pointerdown", (event) => {
    chosen = event.target.matches("[type=radio][data-choice-key]:checked") ? event.target : null;
  });
  form.addEventListener("click", (event) => {
    if (event.target === chosen && event.detail === 1) takeBack(chosen);
    chosen = null;
  });
}

function takeBack(radio) {
  radio.checked = false;
  radio.dispatchEvent(new Event("change", { bubbles: true }));
}

export function why(question) {
  const field = question?.querySelector("[data-reason-field]");
  const folded = field?.closest("details");
  if (folded) folded.open = true;
  return focusOn(field);
}

function focusOn(node) {
  node?.focus();
  return Boolean(node);
}

// "Cannot judge" stands alone; of two verdicts only the later one holds. "All bad" may go with an
// order, since some can be worse than others.
function only(question, changed) {
  if (!changed.checked) return;
  const cannot = question.querySelector("[value=cannot_judge]");
  if (changed.name.endsWith("verdict")) {
    for (const other of question.querySelectorAll(`[name="${CSS.escape(changed.name)}"]`)) {
      if (other !== changed) other.checked = false;
    }
  }
  if (cannot && changed === cannot) {
    for (const radio of own(question)) radio.checked = radio.value === "";
    why(question);
  } else if (cannot && changed.type === "radio" && changed.value !== "") cannot.checked = false;
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
    for (const field of node.querySelectorAll("select, input, textarea")) field.disabled = !on;
  }
}
