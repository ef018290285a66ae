// What the page knows: a copy of the carrier's memory, kept up by news, and what is on screen.

const data = { phones: [], numbers: new Map(), read: new Map(), messages: new Map(), notes: [],
  calls: new Map() };

export const view = { phone: null, number: null, call: null, drafts: new Map(), pictures: new Map() };

export function take(news) {
  if (news.fresh) {
    data.messages.clear();
    data.notes = [];
    data.calls.clear();
  }
  data.phones = news.phones;
  data.numbers = new Map(news.numbers.map((entry) => [entry.number, entry.label]));
  data.read = new Map(news.read.map((entry) => [key(entry.phone, entry.number), entry.serial]));
  for (const message of news.messages) data.messages.set(message.sid, message);
  for (const sid of news.removed) data.messages.delete(sid);
  data.notes.push(...news.notes);
  for (const call of news.calls) takeCall(call);
}

// A call as an answer shows it may be older than what the news have said meanwhile.
export function takeCall(call) {
  const known = data.calls.get(call.sid);
  const isNewer = !known || call.acts > known.acts || (!known.final && call.acts === known.acts);
  if (isNewer) data.calls.set(call.sid, call);
}

// The call on a phone's screen: one that rings or goes on, or one whose end was not put away yet.
export function callOn(phoneNumber) {
  const calls = [...data.calls.values()].filter((call) => call.phone === phoneNumber);
  const live = calls.filter((call) => !call.final && call.status !== "queued");
  return live.at(-1) ?? calls.find((call) => call.sid === view.call);
}

export function rings(phoneNumber) {
  const call = callOn(phoneNumber);
  return call?.status === "ringing" && call.direction !== "inbound";
}

export function key(phone, number) {
  return `${phone} ${number}`;
}

export function phones() {
  return data.phones;
}

export function phone(number) {
  return data.phones.find((entry) => entry.number === number);
}

export function clinics() {
  return [...data.numbers.keys()];
}

export function labelOf(number) {
  return data.numbers.get(number) || "";
}

// Messages and notes of one conversation in the order of their arrival.
export function entries(phoneNumber, number) {
  const fits = (entry) => entry.phone === phoneNumber && (!number || entry.number === number);
  const found = [...data.messages.values(), ...data.notes].filter(fits);
  return found.sort((one, other) => one.serial - other.serial);
}

export function isFromClinic(entry) {
  return Boolean(entry.sid) && entry.direction !== "inbound";
}

// A text that has come through, or is lost for good: what the patient has not looked at yet.
export function unread(phoneNumber, number) {
  const list = entries(phoneNumber, number).filter(
    (entry) =>
      isFromClinic(entry) &&
      ["sent", "delivered"].includes(entry.status) &&
      entry.serial > (data.read.get(key(entry.phone, entry.number)) ?? 0),
  );
  return list.length;
}

export function readUpTo(phoneNumber, number) {
  return data.read.get(key(phoneNumber, number)) ?? 0;
}

export function lastEntry(phoneNumber, number) {
  return entries(phoneNumber, number).at(-1);
}
