// The list of patients' phones, and the form that adds one.

import { post } from "./api.js";
import { avatar, h } from "./dom.js";
import * as store from "./store.js";
import { clock, e164, plural, spoken } from "./words.js";

export function drawPhones(onChoose) {
  const list = document.getElementById("phones");
  const focused = list.contains(document.activeElement) && document.activeElement.dataset.number;
  list.replaceChildren(...store.phones().map((phone) => row(phone, onChoose)));
  if (focused) list.querySelector(`[data-number="${focused}"]`)?.focus();
  const waiting = store.phones().reduce((sum, phone) => sum + store.unread(phone.number), 0);
  const ringing = store.phones().some((phone) => store.rings(phone.number));
  const title = ringing ? "Incoming call" : "Phones";
  document.title = waiting ? `(${waiting}) ${title}` : title;
}

function row(phone, onChoose) {
  const last = store.lastEntry(phone.number);
  const waiting = store.unread(phone.number);
  const name = phone.label || spoken(phone.number);
  const calls = store.rings(phone.number);
  return h("li", {}, h("button", {
    class: calls ? "phone-row ringing" : "phone-row",
    type: "button",
    "data-number": phone.number,
    "aria-current": phone.number === store.view.phone ? "true" : null,
    onclick: () => onChoose(phone.number),
  },
  avatar(name, phone.number),
  h("span", { class: "who" },
    h("span", { class: "name" }, name),
    h("span", { class: "preview" }, calls ? "Incoming call…" : last ? preview(last) : phone.label ? spoken(phone.number) : "No texts yet")),
  h("span", { class: "when" },
    last && h("time", {}, clock(new Date(last.created_at ?? last.at))),
    waiting > 0 && badge(waiting))));
}

export function badge(count) {
  return h("span", { class: "badge" }, String(count),
    h("span", { class: "hidden" }, ` unread ${count === 1 ? "text" : "texts"}`));
}

export function preview(entry) {
  if (!entry.sid) return entry.text;
  const mine = entry.direction === "inbound" ? "You: " : "";
  return mine + (entry.body || plural(entry.media.length, "picture"));
}

export function listenForPhones(onAdded) {
  const form = document.getElementById("add-phone");
  const problem = form.querySelector(".problem");
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const number = e164(form.elements.number.value);
    const label = form.elements.label.value.trim();
    try {
      await post("/phone/phones", label ? { number, label } : { number });
      form.reset();
      problem.textContent = "";
      onAdded(number);
    } catch (error) {
      problem.textContent = error.message;
      form.elements.number.focus();
    }
  });
}
