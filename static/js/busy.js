// The pressed button is busy at once: for htmx while its request runs, for a plain form until the next page comes.
const busy = (button, on) => {
  if (!button) return;
  if (on) button.setAttribute("aria-busy", "true");
  else button.removeAttribute("aria-busy");
};

const pressedIn = (element) => (element.matches("form") ? element.querySelector(":scope .btn[data-pressed]") : element.closest(".btn"));

document.addEventListener("submit", (event) => {
  const button = event.submitter;
  if (!button?.matches(".btn") || event.target.method === "dialog") return;
  button.dataset.pressed = "";
  if (event.target.closest("[hx-post], [hx-put], [hx-patch], [hx-delete], [hx-get]") === event.target) return;
  setTimeout(() => event.defaultPrevented || busy(button, true)); // after the value of the button was read
}, true);

document.addEventListener("htmx:beforeRequest", (event) => busy(pressedIn(event.detail.elt), true));
document.addEventListener("htmx:afterRequest", (event) => {
  const button = pressedIn(event.detail.elt);
  busy(button, false);
  if (button) delete button.dataset.pressed;
});

// back from the browser's cache: nothing is running any more
addEventListener("pageshow", (event) => event.persisted && document.querySelectorAll("[aria-busy]").forEach((button) => busy(button, false)));
