// Polling rests while nobody looks, and asks once as soon as somebody does. Its answers: 204 nothing new, 286 settled.
const polls = (element) => /\bevery\b/.test(element.getAttribute("hx-trigger") ?? "");

document.addEventListener("htmx:beforeRequest", (event) => {
  if (document.hidden && polls(event.detail.elt)) event.preventDefault();
});

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  for (const element of document.querySelectorAll("[hx-trigger*='every'][hx-get]")) {
    htmx.ajax("GET", element.getAttribute("hx-get"), { source: element, target: element, swap: element.getAttribute("hx-swap") ?? "innerHTML" });
  }
});
