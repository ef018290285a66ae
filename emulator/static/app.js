// Puts the page together: what is chosen, what is drawn when something changes.

import { follow, post } from "./api.js";
import { callScreen } from "./call.js";
import { composer } from "./composer.js";
import { clearDetails, drawDetails } from "./details.js";
import { h, icon } from "./dom.js";
import { drawInbox } from "./inbox.js";
import { drawPhones, listenForPhones } from "./phones.js";
import * as store from "./store.js";
import { drawThread } from "./thread.js";
import { clock } from "./words.js";

const { view } = store;
const NO_SIGNAL = { off: "No service", landline: "Landline" };
const screen = document.getElementById("screen");

// The address names the phone and the clinic on screen, so that it can be kept and reloaded.
function readAddress() {
  const chosen = new URLSearchParams(location.hash.slice(1));
  view.phone = chosen.get("phone");
  view.number = chosen.get("with");
}

function show(phone, number) {
  const chosen = new URLSearchParams();
  if (phone) chosen.set("phone", phone);
  if (number) chosen.set("with", number);
  history.pushState(null, "", `#${chosen}`);
  Object.assign(view, { phone, number });
  document.body.dataset.view = phone ? "phone" : "list";
  draw();
}

// With one clinic to talk to there is nothing to choose.
function choosePhone(phone) {
  const spokenWith = store.clinics().filter((number) => store.lastEntry(phone, number));
  const [only, ...others] = spokenWith.length ? spokenWith : store.clinics();
  show(phone, others.length ? null : only ?? null);
}

function draw() {
  const phone = store.phone(view.phone);
  drawPhones(choosePhone);
  document.getElementById("signal").replaceChildren(
    NO_SIGNAL[phone?.reach] ?? icon("signal"), icon("battery"));
  if (!phone) {
    screen.replaceChildren(h("p", { class: "empty" },
      store.phones().length ? "Choose a phone." : "Add a phone to begin."));
    clearDetails();
    return;
  }
  const call = store.callOn(phone.number);
  if (drawCall(call)) {
    drawDetails(phone, call.number);
    return;
  }
  if (view.number) {
    drawThread(screen, phone, view.number, {
      onBack: () => show(phone.number, null),
      onCall: () => placeCall(phone.number, view.number),
      onDetails: () => document.body.classList.toggle("show-details"),
      composer,
    });
    markRead(phone.number, view.number);
  } else {
    drawInbox(screen, phone, {
      onOpen: (number) => show(phone.number, number),
      onBack: () => show(null, null),
    });
  }
  drawDetails(phone, view.number);
}

// A call takes the whole screen; its own part is made once and then kept up to date.
let onScreen = null;

function drawCall(call) {
  if (onScreen && onScreen.sid !== call?.sid) {
    onScreen.leave();
    onScreen = null;
    screen.replaceChildren();
  }
  if (!call) return false;
  view.call = call.sid;
  if (!onScreen) {
    onScreen = callScreen(call, { onChange: draw, onClose: () => {
      view.call = null;
      show(call.phone, call.number);
    } });
    screen.replaceChildren(onScreen.node);
    onScreen.enter();
  }
  onScreen.update(call);
  return true;
}

async function placeCall(from, to) {
  try {
    store.takeCall(await post("/phone/calls", { from, to }));
  } catch (error) {
    tellProblem(error.message);
  }
  draw();
}

function tellProblem(text) {
  const place = screen.querySelector(".composer > .problem");
  if (place) place.textContent = text;
}

function markRead(phone, number) {
  const last = store.entries(phone, number).filter(store.isFromClinic).at(-1)?.serial ?? 0;
  if (document.visibilityState !== "visible" || store.unread(phone, number) === 0) return;
  post("/phone/read", { phone, number, serial: last }).catch(() => {});
}

function tellLink(isUp) {
  const link = document.getElementById("link");
  link.textContent = isUp ? "Connected" : "The carrier is not running. Trying again…";
  link.classList.toggle("down", !isUp);
}

function tellTime() {
  document.getElementById("clock").textContent = clock(new Date());
}

let isFirst = true;

function onNews(news) {
  store.take(news);
  if (isFirst && !view.phone && matchMedia("(min-width: 760px)").matches) {
    const [phone] = store.phones();
    if (phone) choosePhone(phone.number);
  }
  isFirst = false;
  draw();
}

readAddress();
document.body.dataset.view = view.phone ? "phone" : "list";
addEventListener("popstate", () => {
  readAddress();
  document.body.dataset.view = view.phone ? "phone" : "list";
  draw();
});
document.addEventListener("visibilitychange", draw);
listenForPhones(choosePhone);
tellTime();
setInterval(tellTime, 5000);
follow(onNews, tellLink);
