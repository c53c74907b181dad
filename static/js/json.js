// JSON folded and coloured: <pre class="code" data-json> becomes nested <details>. Built from nodes, never from markup.
const span = (kind, text) => Object.assign(document.createElement("span"), { className: kind, textContent: text });
const OPEN_DEPTH = 2;
const MANY = 50;

const leaf = (value) => span({ string: "s", number: "n" }[typeof value] ?? "w", JSON.stringify(value));

const branch = (label, value, depth) => {
  const line = document.createElement("div");
  const entries = value !== null && typeof value === "object" ? Object.entries(value) : null;
  const name = label === null ? [] : [span("k", label), ": "];
  if (!entries || entries.length === 0) {
    line.className = "json-line";
    line.append(...name, entries ? span("c", Array.isArray(value) ? "[]" : "{}") : leaf(value));
    return line;
  }
  const fold = document.createElement("details");
  const summary = document.createElement("summary");
  const [left, right] = Array.isArray(value) ? "[]" : "{}";
  summary.append(...name, span("c", `${left} ${entries.length} ${right}`));
  const body = Object.assign(document.createElement("div"), { className: "json-body" });
  const fill = () => body.childElementCount || body.append(...entries.map(([key, item]) => branch(key, item, depth + 1)));
  fold.open = depth < OPEN_DEPTH && entries.length <= MANY;
  if (fold.open) fill();
  fold.addEventListener("toggle", fill); // big documents are built as they are opened
  fold.append(summary, body);
  return fold;
};

const foldJson = (root) => {
  for (const element of root.querySelectorAll("pre[data-json]:not(.json)")) {
    try {
      const text = element.textContent;
      const tree = branch(null, JSON.parse(text), 0);
      element.dataset.text = text; // what the copy button takes
      element.classList.add("json");
      element.replaceChildren(tree);
    } catch {
      element.classList.add("json"); // not JSON after all: it stays text
    }
  }
};

foldJson(document);
document.addEventListener("htmx:load", (event) => foldJson(event.target));
