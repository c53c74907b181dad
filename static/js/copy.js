// Copy buttons: data-copy holds the text, data-copy-from the id of the element whose text is taken.
const showCopyButtons = (root) => root.querySelectorAll(".copy[hidden]").forEach((button) => (button.hidden = false));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy], [data-copy-from]");
  if (!button) return;
  const source = button.dataset.copyFrom && document.getElementById(button.dataset.copyFrom);
  const text = source ? (source.dataset.text ?? source.value ?? source.textContent) : button.dataset.copy;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = Object.assign(document.createElement("textarea"), { value: text, className: "visually-hidden" });
    button.after(area); // beside the button, so that it works inside a modal dialog
    area.select();
    document.execCommand("copy"); // addresses without https have no clipboard interface
    area.remove();
    button.focus();
  }
  button.classList.add("copied");
  window.announce?.(button.dataset.copied);
  setTimeout(() => button.classList.remove("copied"), 1600);
});

showCopyButtons(document);
document.addEventListener("htmx:load", (event) => showCopyButtons(event.target));
