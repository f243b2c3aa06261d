// What the page does when scripts may run: it copies a suspect as text, and unfolds everything for paper. Everything
// can be read without it; the button appears only when the script runs.

export const SCRIPT = `
for (const button of document.querySelectorAll("button.copy")) {
  const text = button.nextElementSibling;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
      button.textContent = "Copied";
    } catch {
      text.hidden = false;
      getSelection().selectAllChildren(text);
      button.textContent = "Press Ctrl+C";
    }
    setTimeout(() => { button.textContent = "Copy as text"; }, 2000);
  });
}
const folded = new Set();
addEventListener("beforeprint", () => {
  for (const fold of document.querySelectorAll("details:not([open])")) folded.add(fold), (fold.open = true);
});
addEventListener("afterprint", () => {
  for (const fold of folded) fold.open = false;
  folded.clear();
});
`;
