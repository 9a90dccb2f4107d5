// For a task type without widgets of its own: its form needs only what every desk has.
export const widgets = [];

// Each question has an answer.
export const complete = (form) =>
  [...form.querySelectorAll("[data-question]")].every((question) => question.querySelector("input:checked"));
