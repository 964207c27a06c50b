// Ctrl+Z takes back the edit whose notice is shown, wherever nobody is typing.
addEventListener("keydown", (event) => {
  if (event.key !== "z" || !(event.ctrlKey || event.metaKey) || event.shiftKey) return;
  if (event.target.closest?.("input, textarea, [contenteditable=true]")) return;
  const button = document.querySelector("[data-undo]");
  if (button) { event.preventDefault(); button.click(); }
});
