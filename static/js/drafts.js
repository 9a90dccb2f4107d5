// What is entered and not sent: kept in the vault, and in the form again when the item comes back.
import { get, names, put, remove } from "./vault.js";
import { keepAsRefused } from "./outbox.js";
import { post } from "./server.js";

const PAUSE = 250;
const OLD = 30 * 24 * 3600 * 1000;
// Changes by itself, or belongs to the form rather than to the answer.
const NOT_ENTERED = ["csrf_token", "active_ms", "key", "base", "guideline", "mode"];
let form = null;
// null: a draft was filled in, so whatever the form holds was entered.
let untouched = "";
let restoring = false;
let timer = 0;
let renaming = null;

const nameOf = (node) => `d:${node.dataset.send}`;
export const fieldsOf = (node) => {
  const fields = new URLSearchParams(new FormData(node));
  fields.delete("csrf_token");
  return fields;
};
const enteredIn = (fields) => {
  const entered = new URLSearchParams(fields);
  for (const name of NOT_ENTERED) entered.delete(name);
  for (const [name, value] of [...entered]) if (value === "") entered.delete(name, value);
  entered.sort();
  return entered.toString();
};

// Whether the person has changed anything since the form came.
export const touched = () => Boolean(form?.isConnected) && enteredIn(fieldsOf(form)) !== untouched;

// Watch the form of this desk. `restore(form, fields)` shows an earlier draft of it.
export async function drafts(desk, restore) {
  form = desk.querySelector("#answer[data-send]");
  if (!form) return;
  const mine = form;
  untouched = restoring ? null : enteredIn(fieldsOf(mine));
  if (restoring) return void (restoring = false);
  await (renaming ??= renamed());
  const draft = await get(nameOf(mine));
  if (!draft || form !== mine) return;
  if (enteredIn(draft.fields) === untouched) return;
  const base = new URLSearchParams(draft.fields).get("base");
  if (base === mine.elements.base.value) return restore(mine, draft.fields);
  // Judged elsewhere since: what was entered here must neither vanish nor overwrite that.
  await keepAsRefused({ ...draft, url: mine.dataset.send }, mine.dataset.changed);
  remove(nameOf(mine));
}

// Drafts from before items had tokens are named by numbers: they get the names that desks look for now.
async function renamed() {
  for (const name of names("d:")) {
    const item = /^d:(.+\/items\/\d+)\/send$/.exec(name)?.[1];
    const response = item && (await post(`${item}/address`).catch(() => null));
    if (!response?.ok) continue;
    const { send } = await response.json();
    await put(`d:${send}`, await get(name));
    remove(name);
  }
}

// The next desk is filled in with a draft.
export const willRestore = () => (restoring = true);

export function forget(node) {
  stop();
  remove(nameOf(node));
}

function stop() {
  clearTimeout(timer);
  timer = 0;
}

export async function save() {
  stop();
  const mine = form;
  if (!mine?.isConnected || mine.dataset.sent) return;
  const fields = fieldsOf(mine).toString();
  if (enteredIn(fields) === untouched) return remove(nameOf(mine));
  await put(nameOf(mine), { fields, item: mine.dataset.item, page: mine.dataset.page, at: Date.now() });
  // Sent while it was being written.
  if (mine.dataset.sent) remove(nameOf(mine));
}

// Flags come and go without an event of their own, so every act in the desk may have changed something.
for (const act of ["input", "change", "click", "keyup", "drop"]) {
  document.addEventListener(act, (event) => {
    // Also while one goes on typing.
    if (event.target.closest?.("#desk")) timer ||= setTimeout(save, PAUSE);
  });
}
addEventListener("pagehide", save);
document.addEventListener("visibilitychange", save);

export async function clearOld() {
  for (const name of names("d:")) {
    const draft = await get(name);
    if (draft && Date.now() - draft.at > OLD) remove(name);
  }
}
