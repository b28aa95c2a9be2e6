/* Conveniences only. Every page does its work without this file. */
"use strict";

/* A form is sent once, however often the button is tapped. */
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post" || event.defaultPrevented) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "yes";
  delete form.dataset.changed;
  if (event.submitter) event.submitter.setAttribute("aria-busy", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
  for (const button of document.querySelectorAll("[aria-busy]")) button.removeAttribute("aria-busy");
});

/* Leaving with unsaved words asks. */
document.addEventListener("input", (event) => {
  const form = event.target.form;
  if (form && form.method === "post") form.dataset.changed = "yes";
});
window.addEventListener("beforeunload", (event) => {
  if (document.querySelector("form[data-changed]:not([data-sent])")) {
    event.preventDefault();
    event.returnValue = document.body.dataset.unsaved || "";
  }
});

/* What went wrong, or what was just done, is read out first; the next Tab goes on from there. */
(document.querySelector(".errors") ?? document.querySelector(".messages"))?.focus({ preventScroll: !document.querySelector(".errors") });

/* Printing, copying. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.setAttribute("aria-live", "polite");
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.copy);
    button.textContent = button.dataset.done;
  });
}

/* Only a table that scrolls inside itself is a stop on the way of the Tab key. */
const frames = [...document.querySelectorAll(".table[tabindex]")];
const fit = () => frames.forEach((frame) => { frame.tabIndex = frame.scrollWidth > frame.clientWidth ? 0 : -1; });
addEventListener("resize", fit);
fit();

/* Keys: / search, j k rows, o open, ? help. */
const keys = document.getElementById("keys");
for (const button of document.querySelectorAll("[data-keys]")) {
  button.hidden = !matchMedia("(hover: hover)").matches;
  button.addEventListener("click", () => keys.showModal());
}
const rows = () => [...document.querySelectorAll("tbody tr, .tasks > li, .timeline > li")].filter((row) => row.querySelector("a"));
const move = (step) => {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
  next.querySelector("a").focus();
  next.scrollIntoView({ block: "nearest" });
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea, [contenteditable], dialog")) return;
  if (event.key === "/") document.querySelector("[data-search], #search")?.focus();
  else if (event.key === "j") move(1);
  else if (event.key === "k") move(-1);
  else if (event.key === "o") rows().find((row) => row.contains(document.activeElement))?.querySelector("a").click();
  else if (event.key === "?") keys.showModal();
  else return;
  event.preventDefault();
});
for (const menu of document.querySelectorAll("details.menu")) {
  menu.addEventListener("keydown", (event) => { if (event.key === "Escape") { menu.open = false; menu.querySelector("summary").focus(); } });
  document.addEventListener("click", (event) => { if (!menu.contains(event.target)) menu.open = false; });
}
