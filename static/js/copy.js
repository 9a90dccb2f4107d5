// Copies a command, lines of code or a secret. Where the browser gives no clipboard (it does over
// https and on localhost alone), it is marked, to be copied by key.
document.addEventListener("click", async (event) => {
  const button = event.target.closest(".copy");
  if (!button) return;
  const code = button.closest(".copying").querySelector("code");
  const told = button.nextElementSibling;
  try {
    await navigator.clipboard.writeText(code.textContent);
    told.textContent = told.dataset.copied;
  } catch {
    getSelection().selectAllChildren(code);
    told.textContent = told.dataset.marked;
  }
});
