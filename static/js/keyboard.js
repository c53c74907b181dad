// Keys: / to the search, ? for the list of keys, g and a letter to a page. Silent while somebody types.
let afterG = 0;

const typing = (element) => element.closest("input, textarea, select, [contenteditable], dialog[open]");

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.key === "/") {
    const field = document.querySelector("main [data-search]");
    const catalogue = document.querySelector('.nav [data-key="c"]');
    if (!field && !catalogue) return;
    event.preventDefault();
    if (field) {
      field.focus();
      field.select?.();
    } else location.assign(catalogue.href);
  } else if (event.key === "?") {
    const list = document.getElementById("shortcuts");
    if (list) {
      event.preventDefault();
      list.showModal();
    }
  } else if (event.key === "g") {
    afterG = Date.now();
  } else if (Date.now() - afterG < 1200) {
    afterG = 0;
    const link = /^[a-z]$/.test(event.key) && document.querySelector(`.nav [data-key="${event.key}"]`);
    if (link) location.assign(link.href);
  }
});
