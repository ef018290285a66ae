// How numbers, times and states read on the page.

export function spoken(number) {
  const us = /^\+1(\d{3})(\d{3})(\d{4})$/.exec(number);
  return us ? `(${us[1]}) ${us[2]}-${us[3]}` : number;
}

export function e164(typed) {
  const digits = typed.replace(/[\s().-]/g, "");
  if (/^\+\d+$/.test(digits)) return digits;
  if (/^1?\d{10}$/.test(digits)) return `+${digits.length === 11 ? "" : "1"}${digits}`;
  return digits;
}

export function clock(moment) {
  return moment.toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

export function day(moment) {
  const today = new Date();
  if (moment.toDateString() === today.toDateString()) return "Today";
  today.setDate(today.getDate() - 1);
  if (moment.toDateString() === today.toDateString()) return "Yesterday";
  return moment.toLocaleDateString([], { weekday: "long", month: "long", day: "numeric" });
}

export function plural(count, word) {
  return `${count} ${word}${count === 1 ? "" : "s"}`;
}

const REASONS = {
  21610: "this phone has opted out",
  21611: "the sender's queue is full",
  21704: "no clinic number to send from",
  30003: "the phone is switched off",
  30004: "the phone blocks this sender",
  30005: "the number is not in service",
  30006: "a landline takes no texts",
  30007: "filtered as unwanted",
  30008: "for an unknown reason",
  30036: "it waited for too long",
};

export function reason(code) {
  return REASONS[code] ? `${REASONS[code]} (${code})` : `error ${code}`;
}

export function duration(seconds) {
  return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;
}

const ENDINGS = {
  hangup: "The clinic hung up.",
  caller: "You hung up.",
  "fell through": "The clinic's service said no more, so the call was cut off.",
  rejected: "The clinic did not take the call.",
  busy: "The line was busy.",
  "application error": "The clinic's service failed.",
  "time limit": "The call took too long and was cut off.",
  canceled: "The clinic's service ended the call.",
};

const UNANSWERED = {
  busy: "You declined the call.",
  "no-answer": "Nobody answered.",
  failed: "The call did not come through.",
  canceled: "The clinic's service gave up calling.",
};

export function ending(call) {
  return [ENDINGS[call.ending] ?? UNANSWERED[call.status] ?? "The call is over.", call.problem]
    .filter(Boolean).join(" ");
}

const STATES = {
  accepted: ["clock", "Accepted"],
  scheduled: ["clock", "Scheduled"],
  queued: ["clock", "Queued"],
  sending: ["clock", "Sending"],
  sent: ["tick", "Sent"],
  delivered: ["ticks", "Delivered"],
  undelivered: ["warning", "Not delivered"],
  failed: ["warning", "Not sent"],
  canceled: ["warning", "Canceled"],
  receiving: ["clock", "Sending"],
  received: ["ticks", "Delivered"],
};

// The icon and words under a bubble, and whether it never reached the other side.
export function state(message) {
  const [name, word] = STATES[message.status] ?? ["clock", message.status];
  const failed = name === "warning";
  const words = message.error_code ? `${word}: ${reason(message.error_code)}` : word;
  return { icon: name, words, failed };
}
