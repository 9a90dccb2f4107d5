// For a task type without widgets of its own: its form needs only what every desk has.
export const widgets = [];
