// One conversation: bubbles in both directions, each with its time and state.

import { avatar, h, icon } from "./dom.js";
import * as store from "./store.js";
import { clock, day, plural, spoken, state } from "./words.js";

// Draws a new conversation, or brings the one on screen up to date bubble by bubble, so that what
// the patient is reading or typing stays where it is.
export function drawThread(screen, phone, number, { onBack, onCall, onDetails, composer }) {
  let log = screen.querySelector(".log");
  const shown = store.key(phone.number, number);
  if (log?.dataset.shown !== shown) {
    const name = store.labelOf(number) || spoken(number);
    log = h("div", { class: "log", role: "log", "aria-label": "Conversation", tabindex: "0",
      "aria-relevant": "additions", "data-shown": shown });
    follow(log);
    screen.replaceChildren(head(name, number, onBack, onCall, onDetails), log, composer(phone, number));
  }
  const hasWritten = update(log, store.entries(phone.number, number));
  if (hasWritten) following.add(log);
  showEnd(log);
  drawBack(screen, phone, number);
}

// Conversations that show their latest text and go on to show it, until the patient scrolls up.
const following = new WeakSet();

function follow(log) {
  let top = 0;
  log.addEventListener("scroll", () => {
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
    if (atEnd) following.add(log);
    else if (log.scrollTop < top) following.delete(log);
    top = log.scrollTop;
  });
  // Pictures load late, and a growing typing box takes room away.
  log.addEventListener("load", () => showEnd(log), true);
  new ResizeObserver(() => showEnd(log)).observe(log);
  following.add(log);
}

function showEnd(log) {
  if (following.has(log)) log.scrollTop = log.scrollHeight;
}

function head(name, number, onBack, onCall, onDetails) {
  return h("header", { class: "contact" },
    h("button", { class: "icon-button back", type: "button", "aria-label": "All conversations",
      onclick: onBack }, icon("back"), h("span", { class: "elsewhere" })),
    h("div", { class: "title" }, avatar(name, number),
      h("div", {}, h("h2", {}, name), h("p", {}, name === spoken(number) ? "Clinic" : spoken(number)))),
    h("button", { class: "icon-button", type: "button", "aria-label": `Call ${name}`,
      onclick: onCall }, icon("call")),
    h("button", { class: "icon-button only-narrow", type: "button",
      "aria-label": "Behind the screen", onclick: onDetails }, icon("info")));
}

// The back button says how many texts wait in this phone's other conversations.
function drawBack(screen, phone, number) {
  const waiting = store.unread(phone.number) - store.unread(phone.number, number);
  const back = screen.querySelector(".back");
  back.querySelector(".elsewhere").textContent = waiting > 0 ? String(waiting) : "";
  back.setAttribute("aria-label",
    waiting > 0 ? `All conversations, ${waiting} unread` : "All conversations");
}

// Adds, refreshes and removes lines; says whether the patient has written something new.
function update(log, entries) {
  const old = new Map([...log.children].map((node) => [node.dataset.key, node]));
  let next = log.firstElementChild;
  let hasWritten = false;
  for (const { id, make, refresh } of withDays(entries)) {
    let node = old.get(id);
    if (node) refresh?.(node);
    else {
      node = make();
      node.dataset.key = id;
      hasWritten ||= node.classList.contains("mine");
    }
    old.delete(id);
    if (node === next) next = node.nextElementSibling;
    else log.insertBefore(node, next);
  }
  for (const node of old.values()) node.remove();
  return hasWritten;
}

// The lines of a conversation: a day wherever one begins, texts, and the carrier's notes.
function* withDays(entries) {
  let before = null;
  for (const entry of entries) {
    const date = day(new Date(entry.created_at ?? entry.at));
    if (date !== before) yield { id: `day ${date}`, make: () => h("p", { class: "day" }, date) };
    before = date;
    if (!entry.sid) yield { id: `note ${entry.serial}`, make: () => note(entry) };
    else {
      yield { id: entry.sid, make: () => bubble(entry), refresh: (node) => refresh(node, entry) };
    }
  }
}

function note(entry) {
  return h("p", { class: "note" }, icon("warning"), h("span", {}, `${entry.text} Code ${entry.code}.`));
}

function bubble(message) {
  const clinic = store.isFromClinic(message);
  const node = h("article", {},
    h("h3", { class: "hidden" }, clinic ? "Clinic" : "Patient"),
    message.media.map((media) => picture(media)),
    message.body ? h("p", { class: "bubble words" }) : null,
    h("p", { class: "meta" },
      h("time", { datetime: message.created_at }, clock(new Date(message.created_at))),
      h("span", { class: "state" }),
      clinic && h("span", { class: "segments" }, plural(message.segments, "segment"))));
  refresh(node, message);
  return node;
}

// What changes about a bubble once it is there: its state, and its words if they are redacted.
function refresh(node, message) {
  const { icon: sign, words, failed } = state(message);
  const side = store.isFromClinic(message) ? "theirs" : "mine";
  node.className = `text ${side}${failed ? " failed" : ""}`;
  node.querySelector(".state").replaceChildren(icon(sign), h("span", {}, words));
  const body = node.querySelector(".words");
  if (body && body.textContent !== message.body) body.textContent = message.body || "(redacted)";
}

// Pictures of phones are kept by the carrier; a clinic's are only named, to fetch nothing remote.
function picture(media) {
  return media.url.startsWith("/")
    ? h("img", { class: "picture", src: media.url, alt: "Picture that the patient sent" })
    : h("p", { class: "bubble attachment" }, icon("picture"), h("span", {}, `Picture: ${media.url}`));
}
