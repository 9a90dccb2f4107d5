// An answer leaves the desk: into the outbox, and the next item takes its place at once.
import * as ahead from "./ahead.js";
import * as drafts from "./drafts.js";
import * as outbox from "./outbox.js";
import { adopted, post, stamp } from "./server.js";
import { logInAgain } from "./log-in-again.js";

// A second press that was meant for the item before: nobody has answered this one so soon.
const TOO_SOON = 600;
let came = { item: "", at: 0 };

const desk = () => document.getElementById("desk");
// Of a live item: one of practice goes to the server like any other form.
const answerForm = () => document.querySelector("#answer[data-send]");
const notice = () => document.getElementById("notice");
const showing = (entry) => answerForm()?.elements.key.value === new URLSearchParams(entry.fields).get("key");

// `complete(form)`: whether the server will take the answer as it is, as far as can be told here.
export function answering(complete) {
  // In front of htmx, which listens on the forms themselves.
  document.addEventListener(
    "submit",
    (event) => {
      if (event.target === answerForm()) {
        stop(event);
        send(event.target, complete);
      } else if (event.target.closest("#desk") && outbox.waiting()) {
        stop(event);
        afterSending(event.target);
      } else if (event.target.closest("#desk")) drafts.save();
    },
    true,
  );
  document.addEventListener("outbox:sent", sent);
  document.addEventListener("outbox:refused", refused);
  document.addEventListener("outbox:stuck", stuck);
  document.addEventListener("outbox:closed", () => logInAgain(outbox.flush));
}

function stop(event) {
  event.preventDefault();
  event.stopPropagation();
}

// A desk has come: its draft, and the item after it.
export function arrived(node) {
  stamp(node);
  drafts.drafts(node, restore);
  if (!outbox.waiting()) ahead.fetchAfter(node);
}

async function send(form, complete) {
  if (form.dataset.sent || tooSoon()) return;
  form.dataset.sent = "1";
  const fields = drafts.fieldsOf(form);
  const next = form.elements.mode.value === "judge" && complete(form) ? ahead.take() : null;
  if (next) fields.set("showing", next.id);
  const { send: url, item, page } = form.dataset;
  await outbox.add({ url, item, page, fields: fields.toString() });
  drafts.forget(form);
  notice().replaceChildren();
  if (next) {
    swap(next.html);
    came = { item: next.id, at: performance.now() };
  } else form.setAttribute("aria-busy", "true");
  outbox.flush();
}

const tooSoon = () =>
  desk().dataset.itemId === came.item && performance.now() - came.at < TOO_SOON && !drafts.touched();

const swap = (text, target = desk()) => htmx.swap({ text, target, swap: "outerHTML", sourceElement: document.body });

// Undo, skip and the like speak of what was sent, so that goes first.
async function afterSending(form) {
  await outbox.flush();
  if (!outbox.waiting() && form.isConnected) form.requestSubmit();
}

function sent(event) {
  const { entry, reply, response } = event.detail;
  const here = showing(entry);
  if (here) notice().replaceChildren();
  if (reply.go && here) return location.assign(reply.go);
  const after = new URLSearchParams(entry.fields).get("showing");
  const overtaken = desk()?.dataset.itemId === after && !drafts.touched();
  const replaced = reply.desk && (here || overtaken);
  if (replaced || desk()?.dataset.itemId === reply.showing) ahead.keep(reply.upcoming, response);
  if (replaced) swap(adopted(reply.desk, response));
  const first = reply.reading ? "newer-guideline" : reply.practising && "practise-first";
  if (replaced && !here && !first) say("overtaken");
  // Begun while the answer was on its way: it is finished, under the guideline that is beside it.
  if (first && !replaced && desk()?.dataset.itemId) say(first);
  if (reply.known) tell(reply.known);
  const day = desk()?.querySelector("[data-today]");
  if (day && reply.today) day.textContent = reply.today;
  // A desk that comes in its place asks for itself.
  if (!replaced && !outbox.waiting()) ahead.fetchAfter(desk());
}

function refused(event) {
  const { entry, reply, response } = event.detail;
  if (!showing(entry)) return;
  const form = answerForm();
  delete form.dataset.sent;
  form.removeAttribute("aria-busy");
  if (reply.problems) swap(adopted(reply.problems, response), document.getElementById("problems"));
  else notice().textContent = reply.why;
  drafts.save();
  // Something to mend in the form is no conflict: it was never left behind.
  if (response.status === 422) event.preventDefault();
}

// The next item is not here yet, so the person waits with the answer.
function stuck() {
  if (answerForm()?.dataset.sent) say("waiting");
}

// How an answer went whose item was gold, beside what else there is to say.
function tell(words) {
  const told = copyOf("known");
  told.querySelector("[data-words]").textContent = words;
  notice().append(told);
}

const copyOf = (name) => document.getElementById(name).content.cloneNode(true);

export function say(name) {
  notice().replaceChildren(copyOf(name));
}

async function restore(form, fields) {
  const response = await post(form.dataset.entered, fields).catch(() => null);
  if (response?.status === 401) return logInAgain(() => restore(form, fields));
  if (!response?.ok || !form.isConnected) return;
  const { desk: html } = await response.json();
  drafts.willRestore();
  await swap(adopted(html, response));
  say("restored");
}
