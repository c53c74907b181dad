// The theme switch: sets data-theme at once and keeps the choice in the cookie the server reads.
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-switch] button");
  if (!button) return;
  event.preventDefault();
  const choice = button.value;
  const secure = location.protocol === "https:" ? "; secure" : "";
  if (choice === "auto") {
    delete document.documentElement.dataset.theme;
    document.cookie = `theme=; path=/; max-age=0; samesite=lax${secure}`;
  } else {
    document.documentElement.dataset.theme = choice;
    document.cookie = `theme=${choice}; path=/; max-age=31536000; samesite=lax${secure}`;
  }
  for (const other of button.parentElement.children) other.setAttribute("aria-pressed", String(other === button));
});
