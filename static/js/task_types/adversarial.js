// Every form of this type needs only what the desk has: questions answered by digits.
export const widgets = [];

const chosen = (form, name) => form.querySelector(`[name="${name}"]:checked`)?.value;

export const complete = (form) =>
  ["attack", "outcome", "severity"].every((name) => chosen(form, name)) &&
  !(chosen(form, "attack") === "yes" && chosen(form, "outcome") === "over_refused");
