// What to do with answers that are not a fragment: a login page, a whole error page, no answer at all.
// After 422 the focus goes to the first wrong field.
const noAnswer = (status) => {
  const toast = document.getElementById("no-answer")?.content.firstElementChild.cloneNode(true);
  if (!toast) return;
  toast.querySelector("[data-status]").textContent = status || "network";
  document.getElementById("toasts").append(toast);
};

document.addEventListener("htmx:beforeSwap", (event) => {
  const { xhr, requestConfig } = event.detail;
  const login = document.body.dataset.login;
  if (login && new URL(xhr.responseURL || location.href).pathname === login && location.pathname !== login) {
    event.detail.shouldSwap = false;
    location.reload(); // the login ran out: the page itself leads to the login and back
  } else if (xhr.status >= 400 && /^\s*<!doctype/i.test(xhr.responseText)) {
    event.detail.shouldSwap = false;
    if (requestConfig.verb !== "get" || !requestConfig.elt.matches("[hx-trigger*='every']")) noAnswer(xhr.status);
  }
});

document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.xhr?.status !== 422) return;
  const root = event.detail.elt.isConnected ? event.detail.elt : document;
  (root.querySelector('[aria-invalid="true"]') ?? document.querySelector('main [aria-invalid="true"]'))?.focus();
});

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, (event) => event.detail.elt.matches("[hx-trigger*='every']") || noAnswer());
}

// a page that came back with errors, without htmx
document.querySelector('main form [aria-invalid="true"]')?.focus();
