// How this person reads: each choice holds in this browser until it is changed. It stands on the
// page's root as `data-view` and so on, put there by preferences.js, and CSS does what it can.
const root = document.documentElement;

// What may be chosen; the first is what holds until then.
const CHOICES = {
  view: ["formatted", "written"],
  layout: ["columns", "stacked", "single"],
  scroll: ["together", "page"],
  size: ["medium", "large", "small"],
};

export const chosen = (name) => (CHOICES[name].includes(root.dataset[name]) ? root.dataset[name] : CHOICES[name][0]);

// The next one holds from now on.
export function chooseNext(name) {
  const all = CHOICES[name];
  root.dataset[name] = all[(all.indexOf(chosen(name)) + 1) % all.length];
  localStorage.setItem(`workbench-${name}`, root.dataset[name]);
}
