// What scrolls sideways within a text (code, a wide table) can be scrolled by keyboard.
export function reachable(desk) {
  for (const block of desk.querySelectorAll(".judged pre, .judged .scroll")) {
    if (block.scrollWidth > block.clientWidth) block.tabIndex = 0;
    else block.removeAttribute("tabindex");
  }
}
