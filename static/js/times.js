// Relative times in the language of the page; the exact local time stays as the title.
const language = document.documentElement.lang || "ja";
const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "long" });
const exact = new Intl.DateTimeFormat(language, { dateStyle: "full", timeStyle: "long" });
const STEPS = [
  ["second", 60],
  ["minute", 60],
  ["hour", 24],
  ["day", 30],
  ["month", 12],
  ["year", Infinity],
];

const inWords = (date) => {
  let amount = (date - Date.now()) / 1000;
  for (const [unit, size] of STEPS) {
    if (Math.abs(amount) < size) return relative.format(Math.trunc(amount), unit);
    amount /= size;
  }
  return "";
};

const writeTimes = (root) => {
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const date = new Date(element.dateTime);
    if (Number.isNaN(date.getTime())) continue;
    const words = inWords(date);
    if (element.textContent !== words) element.textContent = words;
    element.title = exact.format(date);
  }
};

writeTimes(document);
setInterval(() => document.hidden || writeTimes(document), 20_000);
document.addEventListener("htmx:load", (event) => writeTimes(event.target.parentElement ?? document));
