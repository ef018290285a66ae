// Small things that HTML can't do alone. Pages work without this file.
"use strict";

const HEAD = "waiting"; // the part of the head that every page brings up to date by itself

function focusErrors(event) {
  const settled = event.detail?.elt ?? document;
  if (settled.id !== HEAD) settled.querySelector("#errors")?.focus();
}

function say(words) {
  const notice = document.createElement("p");
  notice.className = "notice notice-warning";
  notice.textContent = words;
  document.getElementById("notice").replaceChildren(notice);
}

document.addEventListener("DOMContentLoaded", focusErrors);
document.addEventListener("htmx:afterSettle", focusErrors);
function sayNoAnswer(event) {
  const isHead = event.detail.elt.id === HEAD;
  say(isHead ? document.body.dataset.stale : document.body.dataset.offline);
}
document.addEventListener("htmx:sendError", sayNoAnswer);
document.addEventListener("htmx:timeout", sayNoAnswer);

// The count of what is open stands in the title.
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id !== HEAD) return;
  const count = Number(event.detail.elt.dataset.openTasks);
  const title = document.title.replace(/^\(\d+\) /, "");
  document.title = count ? `(${count}) ${title}` : title;
});

// A list that is brought up to date stays where the reader has scrolled it to.
let scrolled = [];
document.addEventListener("htmx:beforeSwap", (event) => {
  if (event.detail.target.id === HEAD) return;
  scrolled = [...event.detail.target.querySelectorAll(".table")].map((table) => table.scrollLeft);
});
document.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.elt.id === HEAD) return;
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

// What a player says of trouble is easily overlooked. The event does not bubble.
document.addEventListener("error", (event) => {
  event.target.closest?.(".player")?.querySelector("[hidden]")?.removeAttribute("hidden");
}, true);
