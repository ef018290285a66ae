// Speaks prompts one after the other, with the browser's own voices. Without any, or while it is
// switched off, prompts are only read, and nothing waits for them.

const synthesis = window.speechSynthesis ?? null;
let isOn = null;

export function isSpeaking() {
  return Boolean(synthesis && (isOn ?? synthesis.getVoices().length > 0));
}

export function canSpeak() {
  return Boolean(synthesis && synthesis.getVoices().length > 0);
}

export function setSpeaking(on) {
  isOn = on;
}

export function onVoices(tell) {
  synthesis?.addEventListener?.("voiceschanged", tell);
}

// `onPart(place)` is told which prompt is being spoken, `onEnd` that the last one is over.
export class Speaker {
  constructor(onPart, onEnd) {
    this.onPart = onPart;
    this.onEnd = onEnd;
    this.turn = 0;
    this.place = null;
  }

  // Speaks the prompts from a place on; what was being spoken stops.
  speak(heard, from) {
    this.stop();
    const turn = this.turn;
    const next = (place) => {
      if (turn !== this.turn) return;
      this.place = place < heard.length ? place : null;
      this.onPart(this.place);
      if (this.place === null) this.onEnd();
      else if (isSpeaking()) this.utter(heard[place], () => next(place + 1));
      else next(place + 1);
    };
    next(from);
  }

  utter(part, onDone) {
    const turn = this.turn;
    const words = new SpeechSynthesisUtterance(part.text);
    words.lang = part.language || "en-US";
    const voice = synthesis.getVoices().find((each) => each.lang.replace("_", "-") === words.lang);
    if (voice) words.voice = voice;
    let isDone = false;
    const done = () => {
      if (isDone || turn !== this.turn) return;
      isDone = true;
      clearTimeout(this.timer);
      onDone();
    };
    words.onend = done;
    words.onerror = done;
    // Some browsers lose the end of an utterance.
    this.timer = setTimeout(done, part.seconds * 2500 + 3000);
    synthesis.speak(words);
  }

  stop() {
    this.turn += 1;
    this.place = null;
    clearTimeout(this.timer);
    synthesis?.cancel();
  }
}
