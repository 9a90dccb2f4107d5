// "I need a pause": one press takes the item off the screen, before the server knows and without it.
export function pause(desk) {
  keepPausing(desk.hasAttribute("data-paused"));
  desk.querySelector("[data-pause]")?.addEventListener("submit", () => {
    desk.classList.add("resting");
    desk.querySelector("#rest-title").focus();
  });
  // The server did not answer: the item is still held, as it was left.
  desk.querySelector("[data-resume]")?.addEventListener("click", () => {
    desk.classList.remove("resting");
    desk.querySelector("[data-focus]").focus({ preventScroll: true });
  });
  return null;
}

export const resting = (desk) => desk.classList.contains("resting");

// Loading the page again in a pause does not fetch an item.
function keepPausing(paused) {
  const address = new URL(location.href);
  if (address.searchParams.has("paused") === paused) return;
  if (paused) address.searchParams.set("paused", "1");
  else address.searchParams.delete("paused");
  history.replaceState(history.state, "", address);
}
