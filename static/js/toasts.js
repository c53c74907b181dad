// Toasts: success fades after a while (not while it is pointed at or focused), an error stays until it is dismissed.
const FADE_AFTER_MS = 6000;

const leave = (toast) => {
  toast.classList.add("leaving");
  setTimeout(() => toast.remove(), 300);
};

const arm = (toast) => {
  if (toast.dataset.armed || toast.dataset.tone === "bad" || toast.dataset.tone === "warn") return;
  toast.dataset.armed = "yes";
  const wait = () => setTimeout(() => (toast.matches(":hover, :focus-within") ? wait() : leave(toast)), FADE_AFTER_MS);
  wait();
};

const watchToasts = () => {
  const region = document.getElementById("toasts");
  if (!region) return;
  const armAll = () => region.querySelectorAll(":scope > .message").forEach(arm);
  new MutationObserver(armAll).observe(region, { childList: true });
  armAll();
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-dismiss]");
  const message = button?.closest(".message");
  if (!message) return;
  message.parentElement.id === "toasts" ? leave(message) : message.remove();
});

watchToasts();
