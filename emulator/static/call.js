// A call on the phone's screen: ringing, the prompts as text and voice, the keypad, the end.

import { post } from "./api.js";
import { avatar, h, icon } from "./dom.js";
import { Speaker, canSpeak, isSpeaking, onVoices, setSpeaking } from "./speaker.js";
import * as store from "./store.js";
import { duration, ending, spoken } from "./words.js";

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];
const KEY_NAMES = { "*": "star", "#": "pound" };

export function callScreen(first, { onChange, onClose }) {
  let call = first;
  let acts = -1;
  let began = Date.now();
  let recordingSince = null;
  let silence = null;
  let queue = Promise.resolve();

  const name = store.labelOf(call.number) || spoken(call.number);
  const status = h("p", { class: "call-status" });
  const announced = h("p", { class: "hidden", role: "alert" });
  const log = h("div", { class: "prompts", role: "log", "aria-label": "What is said", tabindex: "0" });
  const problem = h("p", { class: "problem", role: "alert" });
  const controls = h("div", { class: "controls" });
  const sound = h("button", { class: "sound", type: "button", onclick: () => {
    setSpeaking(!isSpeaking());
    drawSound();
    if (!isSpeaking()) speaker.speak(call.heard, call.heard.length);
  } });
  const node = h("section", { class: "call", "aria-label": "Call", tabindex: "-1",
    onkeydown: (event) => onKey(event) },
  h("header", { class: "call-head" }, avatar(name, call.number),
    h("div", {}, h("h2", {}, name), status), sound),
  announced, log, problem, controls);

  const speaker = new Speaker(markPart, waitForPatient);

  // What the patient does goes out one after the other, so that keys keep their order.
  function act(deed) {
    clearTimeout(silence);
    const during = speaker.place;
    if (during !== null && stops(during)) speaker.stop();
    queue = queue.then(async () => {
      try {
        const body = during === null ? deed : { ...deed, during };
        store.takeCall(await post(`/phone/calls/${call.sid}`, body));
        problem.textContent = "";
      } catch (error) {
        problem.textContent = error.message;
      }
      onChange();
    });
  }

  function stops(place) {
    const from = call.waiting?.stoppable_from ?? null;
    return from !== null && call.heard[place] && call.heard[place].second >= from;
  }

  function markPart(place) {
    [...log.querySelectorAll(".said")].forEach((line, at) => {
      if (at === place) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    });
  }

  // Silence counts only while prompts are spoken: who reads them must not be hurried.
  function waitForPatient() {
    clearTimeout(silence);
    if (call.final || call.scripted || !isSpeaking()) return;
    if (call.waiting?.kind === "gather") {
      silence = setTimeout(() => act({ wait: true }), call.waiting.timeout * 1000);
    }
  }

  function onKey(event) {
    const isTyping = event.target.closest("input, textarea");
    if (isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
    if (KEYS.includes(event.key) && call.waiting?.kind === "gather") {
      event.preventDefault();
      act({ press: event.key });
      const key = controls.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
      key?.classList.add("pressed");
      setTimeout(() => key?.classList.remove("pressed"), 150);
    }
  }

  function update(newer) {
    const before = { status: call.status, kind: kindOf(call) };
    call = newer;
    if (before.status !== call.status && call.status === "in-progress") began = Date.now();
    drawSound();
    drawLog();
    if (acts === -1 || before.status !== call.status || before.kind !== kindOf(call)) drawControls();
    if (call.acts !== acts) {
      const from = acts === -1 && call.final ? call.heard.length : call.fresh;
      acts = call.acts;
      recordingSince = call.waiting?.kind === "record" ? Date.now() : null;
      if (from < call.heard.length || speaker.place === null) speaker.speak(call.heard, from);
    }
    tick();
  }

  function drawLog() {
    const heard = call.heard.map((part) => ({ ...part, look: "said" }));
    const done = call.done.map((part) => ({ ...part, look: "done" }));
    const lines = [...heard, ...done].sort((one, other) => one.second - other.second);
    const shown = [...log.children].map((line) => line.textContent);
    const same = lines.findIndex((line, at) => line.text !== shown[at]);
    const keep = same === -1 ? lines.length : same;
    [...log.children].slice(keep).forEach((line) => line.remove());
    lines.slice(keep).forEach((line) => log.append(
      h("p", { class: line.look, lang: line.language || null }, line.text)));
    if (keep < lines.length) log.scrollTop = log.scrollHeight;
  }

  function drawControls() {
    const had = node.contains(document.activeElement);
    node.dataset.kind = kindOf(call);
    controls.replaceChildren(...kinds[kindOf(call)]());
    announced.textContent = kindOf(call) === "ringing" ? `Incoming call from ${name}` : "";
    if (had && !node.contains(document.activeElement)) node.focus({ preventScroll: true });
  }

  function drawSound() {
    sound.hidden = !canSpeak();
    sound.textContent = isSpeaking() ? "Voice on" : "Voice off";
    sound.setAttribute("aria-pressed", String(isSpeaking()));
  }

  function tick() {
    const since = (Date.now() - began) / 1000;
    const rec = recordingSince === null ? "" : ` · recording ${duration(recorded())}`;
    const said = { ringing: "Incoming call…", calling: "Calling…", ended: "Call ended" };
    status.textContent = said[kindOf(call)] ?? `${duration(since)}${rec}`;
    if (recordingSince !== null && recorded() >= call.waiting?.longest) stopRecording("");
  }

  const recorded = () => Math.max(1, Math.round((Date.now() - recordingSince) / 1000));

  function stopRecording(key) {
    const seconds = recorded();
    recordingSince = null;
    act({ record: seconds, key });
  }

  const hangUp = () => button("Hang up", "hangup", "end", () => {
    speaker.stop();
    if (recordingSince !== null) stopRecording("hangup");
    else act({ hang_up: true });
  });

  const kinds = {
    ringing: () => [h("div", { class: "choices" },
      button("Answer", "call", "take", () => act({ answer: "human" })),
      button("Decline", "hangup", "end", () => act({ decline: "busy" }))),
    h("button", { class: "plain", type: "button",
      onclick: () => act({ answer: "machine", script: [] }) }, "Let voicemail answer")],
    calling: () => [h("div", { class: "choices" }, hangUp())],
    listening: () => [keypad(act), speech(act), h("div", { class: "choices" },
      h("button", { class: "plain", type: "button", onclick: () => act({ wait: true }) },
        "Stay silent"), hangUp())],
    recording: () => [h("p", { class: "recording" }, "Recording… speak after the beep."),
      h("div", { class: "choices" },
        button("Stop", "close", "take", () => stopRecording("#")), hangUp())],
    dialing: () => [h("p", { class: "recording" }, "The clinic is being called. How does it end?"),
      h("div", { class: "choices wrap" },
        [["They talk", "completed"], ["Busy", "busy"], ["No answer", "no-answer"]].map(
          ([label, outcome]) => h("button", { class: "plain", type: "button",
            onclick: () => act({ dial: outcome }) }, label)), hangUp())],
    watching: () => [h("p", { class: "recording" },
      call.answered_by?.startsWith("machine") ? "Voicemail has answered." : "The call answers itself."),
    h("div", { class: "choices" }, hangUp())],
    ended: () => [h("p", { class: "recording" }, ending(call)),
      h("div", { class: "choices" }, h("button", { class: "plain", type: "button",
        onclick: onClose }, "Back to messages"))],
  };

  new ResizeObserver(() => { log.scrollTop = log.scrollHeight; }).observe(log);
  const clock = setInterval(tick, 500);
  onVoices(drawSound);
  return {
    sid: call.sid,
    node,
    update,
    enter: () => node.focus({ preventScroll: true }),
    leave: () => {
      clearInterval(clock);
      clearTimeout(silence);
      speaker.stop();
    },
  };
}

function kindOf(call) {
  if (call.final) return "ended";
  if (call.status === "ringing") return call.direction === "inbound" ? "calling" : "ringing";
  if (call.scripted) return "watching";
  return { record: "recording", dial: "dialing" }[call.waiting?.kind] ?? "listening";
}

function button(label, sign, look, onclick) {
  return h("button", { class: `round ${look}`, type: "button", onclick }, icon(sign),
    h("span", {}, label));
}

function keypad(act) {
  return h("div", { class: "keypad", role: "group", "aria-label": "Keypad" },
    KEYS.map((key) => h("button", { type: "button", "data-key": key,
      "aria-label": KEY_NAMES[key] ?? null, onclick: () => act({ press: key }) }, key)));
}

function speech(act) {
  const words = h("input", { id: "said", autocomplete: "off", maxlength: "400",
    placeholder: "What the caller says" });
  return h("form", { class: "speech", onsubmit: (event) => {
    event.preventDefault();
    if (!words.value.trim()) return;
    act({ say: words.value.trim() });
    words.value = "";
  } },
  h("label", { for: "said", class: "hidden" }, "What the caller says"), words,
  h("button", {}, "Say"));
}
