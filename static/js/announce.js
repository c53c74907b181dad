// The voice for screen readers. `data-announce="words"` on swapped content is read when its words have changed.
const spoken = new Map();

window.announce = (words) => {
  const region = document.getElementById("live");
  if (!region || !words) return;
  region.textContent = "";
  setTimeout(() => (region.textContent = words), 60); // a change after a pause is what readers notice
};

const listen = (root, aloud) => {
  const found = [...root.querySelectorAll("[data-announce]"), ...(root.matches?.("[data-announce]") ? [root] : [])];
  for (const element of found) {
    const key = element.id || element.closest("[id]")?.id || "page";
    const words = element.dataset.announce;
    if (aloud && words && spoken.get(key) !== words) window.announce(words);
    spoken.set(key, words);
  }
};

listen(document, false);
document.addEventListener("htmx:load", (event) => listen(event.target, true));
