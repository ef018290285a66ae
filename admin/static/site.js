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
  (document.querySelector("dialog[open] .says") ?? document.getElementById("notice")).replaceChildren(notice);
}

document.addEventListener("DOMContentLoaded", focusErrors);
document.addEventListener("htmx:afterSettle", focusErrors);
function sayNoAnswer(event) {
  if (Date.now() > endsAt) return leave();
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

document.addEventListener("submit", (event) => {
  const question = event.target.dataset.confirm;
  if (question && !window.confirm(question)) {
    event.preventDefault();
    event.stopPropagation();
  }
}, true);

// Two minutes before a session ends, a dialog says so. How long it lasts is the server's word, which
// comes with every answer; what is done in another tab is done in the same session.
const WARNED = 120; // seconds
let endsAt = Infinity; // by this machine's clock, in milliseconds
let warning = null; // the dialog that is due, also once the reader has closed it

document.addEventListener("htmx:afterRequest", ({ detail }) => {
  const left = detail.xhr.getResponseHeader("Prepline-Session-Left");
  if (left === null) return;
  endsAt = Date.now() + left * 1000;
  const ending = detail.xhr.getResponseHeader("Prepline-Session-Ending");
  const due = left <= WARNED ? document.getElementById(`ends-${ending}`) : null;
  if (due === warning) return;
  warning?.close();
  warning = due;
  warning?.querySelector(".says").replaceChildren();
  warning?.showModal();
  showTimeLeft();
});

function showTimeLeft() {
  if (!warning?.open) return;
  const left = Math.max(0, Math.ceil((endsAt - Date.now()) / 1000));
  const seconds = String(left % 60).padStart(2, "0");
  warning.querySelector("[role=timer]").textContent = `${Math.floor(left / 60)}:${seconds}`;
  if (left < 60 && !warning.querySelector(".says").hasChildNodes()) say(warning.dataset.lastMinute);
}
setInterval(showTimeLeft, 1000);

// The key that closes dialogs is a sign of life.
document.addEventListener("cancel", (event) => {
  const stay = event.target.querySelector(".stay");
  if (!stay) return;
  event.preventDefault();
  stay.click();
}, true);

document.addEventListener("htmx:responseError", (event) => {
  if (event.detail.xhr.status < 500) return;
  if (Date.now() > endsAt) leave();
  else if (event.detail.elt.closest("dialog")) say(document.body.dataset.offline);
});

// A server that can't be asked does not keep patients on a screen that nobody looks at.
function leave() {
  const here = encodeURIComponent(location.pathname + location.search);
  location.assign(`${document.body.dataset.signIn}?next=${here}`);
}

// A voice message is heard to its end or pause; what is new is shown after it.
document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.detail.elt.id !== "watch") return;
  if ([...document.querySelectorAll("audio")].some((each) => !each.paused)) event.preventDefault();
});

// What a player says of trouble is easily overlooked. The event does not bubble.
document.addEventListener("error", (event) => {
  event.target.closest?.(".player")?.querySelector("[hidden]")?.removeAttribute("hidden");
}, true);
