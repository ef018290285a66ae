// Small things that HTML can't do alone. Pages work without this file.
"use strict";

function focusErrors() {
  document.getElementById("errors")?.focus();
}

function say(words) {
  const notice = document.createElement("p");
  notice.className = "notice notice-warning";
  notice.textContent = words;
  document.getElementById("notice").replaceChildren(notice);
}

document.addEventListener("DOMContentLoaded", focusErrors);
document.addEventListener("htmx:afterSettle", focusErrors);
document.addEventListener("htmx:sendError", () => say(document.body.dataset.offline));
document.addEventListener("htmx:timeout", () => say(document.body.dataset.offline));

// A list that is brought up to date stays where the reader has scrolled it to.
let scrolled = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  scrolled = [...event.detail.target.querySelectorAll(".table")].map((table) => table.scrollLeft);
});
document.addEventListener("htmx:afterSettle", (event) => {
  const tables = event.detail.elt.querySelectorAll(".table");
  scrolled.forEach((left, number) => {
    if (tables[number]) tables[number].scrollLeft = left;
  });
  scrolled = [];
});

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);
