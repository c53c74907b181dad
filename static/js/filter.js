// Filters a list in place while somebody types: data-filter on the form names the list. Without this script the form asks the server.
const apply = (form) => {
  const sought = form.querySelector("input[type=search]").value.trim().toLocaleLowerCase();
  const list = document.getElementById(form.dataset.filter);
  if (!list) return;
  let left = 0;
  for (const row of list.querySelectorAll(":scope > :not([data-none])")) {
    row.hidden = !row.textContent.toLocaleLowerCase().includes(sought);
    if (!row.hidden) left += 1;
  }
  const none = list.querySelector(":scope > [data-none]");
  if (none) none.hidden = left > 0;
};

document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-filter]");
  if (form) apply(form);
});

document.addEventListener("submit", (event) => {
  if (!event.target.matches("form[data-filter]") || new URLSearchParams(location.search).has("q")) return;
  event.preventDefault();
  apply(event.target);
});
