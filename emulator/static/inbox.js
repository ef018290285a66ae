// A phone's list of conversations, one for each clinic number.

import { avatar, h, icon } from "./dom.js";
import { badge, preview } from "./phones.js";
import * as store from "./store.js";
import { clock, e164, spoken } from "./words.js";

export function drawInbox(screen, phone, { onOpen, onBack }) {
  let list = screen.querySelector(".conversations");
  if (list?.dataset.shown !== phone.number) {
    list = h("ul", { class: "conversations", "data-shown": phone.number });
    screen.replaceChildren(head(phone, onBack),
      h("div", { class: "inbox" }, list, otherNumber(onOpen)));
  }
  const focused = list.contains(document.activeElement) && document.activeElement.dataset.number;
  const clinics = store.clinics();
  list.replaceChildren(...clinics.map((number) => row(phone, number, onOpen)));
  if (!clinics.length) {
    list.append(h("li", { class: "hint" },
      "No clinic number is known yet. One appears with its first text, or type it below."));
  }
  if (focused) list.querySelector(`[data-number="${focused}"]`)?.focus();
}

function head(phone, onBack) {
  const owner = phone.label ? `${phone.label} · ` : "";
  return h("header", { class: "contact inbox-head" },
    h("button", { class: "icon-button only-narrow", type: "button", "aria-label": "All phones",
      onclick: onBack }, icon("back")),
    h("div", { class: "title" }, h("h2", {}, "Messages"),
      h("p", {}, owner + spoken(phone.number))));
}

function row(phone, number, onOpen) {
  const last = store.lastEntry(phone.number, number);
  const waiting = store.unread(phone.number, number);
  const name = store.labelOf(number) || spoken(number);
  return h("li", {}, h("button", { class: "phone-row", type: "button", "data-number": number,
    onclick: () => onOpen(number) },
  avatar(name, number),
  h("span", { class: "who" },
    h("span", { class: "name" }, name),
    h("span", { class: "preview" }, last ? preview(last) : "No texts yet. Tap to write.")),
  h("span", { class: "when" },
    last && h("time", {}, clock(new Date(last.created_at ?? last.at))),
    waiting > 0 && badge(waiting))));
}

function otherNumber(onOpen) {
  const input = h("input", { id: "other-number", type: "tel", autocomplete: "off",
    placeholder: "828 555 0110" });
  const problem = h("p", { class: "problem", role: "alert" });
  const submit = (event) => {
    event.preventDefault();
    const number = e164(input.value);
    if (/^\+[1-9]\d{6,14}$/.test(number)) onOpen(number);
    else problem.textContent = "Please type a number with its area code.";
  };
  return h("form", { class: "other", onsubmit: submit },
    h("label", { for: "other-number" }, "Text another number"),
    h("div", { class: "pair" }, input, h("button", {}, "Open")),
    problem);
}
