// Native dialogs: an opener names its dialog in data-dialog. The dialog focuses its safe choice (autofocus), Esc closes,
// the browser gives the focus back. Without this script the opener's #address shows the dialog (:target).
const openDialog = (dialog) => {
  if (!dialog || dialog.open) return;
  dialog.showModal();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog]");
  if (opener) {
    const dialog = document.getElementById(opener.dataset.dialog);
    if (!dialog) return;
    event.preventDefault();
    opener.closest("details.menu")?.removeAttribute("open");
    openDialog(dialog);
    return;
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
    if (location.hash === `#${closer.closest("dialog").id}`) history.replaceState(null, "", location.pathname + location.search);
  } else if (event.target.matches?.("dialog[open]")) {
    const box = event.target.getBoundingClientRect();
    const inside = event.clientX >= box.left && event.clientX <= box.right && event.clientY >= box.top && event.clientY <= box.bottom;
    if (!inside && event.detail) event.target.close(); // a press on the backdrop
  }
});

// a link used as a button answers to the space bar too
document.addEventListener("keydown", (event) => {
  if (event.key === " " && event.target.matches?.('a[role="button"]')) {
    event.preventDefault();
    event.target.click();
  }
});

// an htmx answer that says so, or that succeeded from within a dialog, closes it
document.addEventListener("htmx:afterRequest", (event) => {
  const dialog = event.detail.elt?.closest?.("dialog[open]");
  if (dialog && event.detail.successful && !dialog.hasAttribute("data-stay")) dialog.close();
});

if (location.hash) {
  const named = document.getElementById(location.hash.slice(1));
  if (named instanceof HTMLDialogElement) openDialog(named);
}
