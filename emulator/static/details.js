// What the carrier knows about the phone on screen and about its latest text from the clinic.

import { post } from "./api.js";
import { h } from "./dom.js";
import * as store from "./store.js";
import { plural, reason, spoken } from "./words.js";

const REACH = {
  on: "Takes texts",
  off: "Switched off (30003)",
  landline: "Landline (30006)",
  blocking: "Blocks the sender (30004)",
};

export function drawDetails(phone, number) {
  const place = document.getElementById("details");
  if (place.dataset.shown !== phone.number) {
    place.dataset.shown = phone.number;
    place.replaceChildren(h("label", { for: "reach" }, "This phone"), reachSelect(phone.number),
      h("div", { class: "facts" }));
  }
  // The list of choices may be open, so it is never replaced for the same phone.
  place.querySelector("#reach").value = phone.reach;
  const texts = store.entries(phone.number, number).filter((entry) => entry.sid);
  const latest = texts.filter(store.isFromClinic).at(-1);
  place.querySelector(".facts").replaceChildren(
    h("h3", {}, number ? "This conversation" : "All conversations"),
    totals(texts),
    ...(latest ? [h("h3", {}, "Latest text from the clinic"), sheet(latest), steps(latest)] : []),
  );
}

export function clearDetails() {
  const place = document.getElementById("details");
  delete place.dataset.shown;
  place.replaceChildren();
}

function reachSelect(number) {
  const choose = (event) => post("/phone/phones", { number, reach: event.target.value });
  return h("select", { id: "reach", onchange: choose },
    Object.entries(REACH).map(([value, words]) => h("option", { value }, words)));
}

function totals(texts) {
  const sent = texts.filter((text) => !store.isFromClinic(text)).length;
  const got = texts.filter(store.isFromClinic);
  const segments = got.reduce((sum, text) => sum + text.segments, 0);
  return h("dl", {},
    pair("From the patient", plural(sent, "text")),
    pair("From the clinic", `${plural(got.length, "text")}, ${plural(segments, "segment")}`));
}

function sheet(message) {
  const origin = message.direction === "outbound-reply" ? "Answer to a text" : "Started by the clinic";
  return h("dl", {},
    pair("Kind", origin),
    pair("From", spoken(message.number)),
    pair("Encoding", `${message.encoding}, ${plural(message.segments, "segment")}`),
    message.error_code && pair("Error", reason(message.error_code)),
    pair("SID", h("code", {}, message.sid)));
}

function steps(message) {
  return h("ol", { class: "steps", "aria-label": "Statuses so far" },
    message.history.map((status, place) => h("li", {
      class: place === message.history.length - 1 ? "now" : "",
    }, status)));
}

function pair(term, value) {
  return h("div", {}, h("dt", {}, term), h("dd", {}, value));
}
