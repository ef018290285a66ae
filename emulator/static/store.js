// What the page knows: a copy of the carrier's memory, kept up by news, and what is on screen.

const data = { phones: [], numbers: new Map(), read: new Map(), messages: new Map(), notes: [] };

export const view = { phone: null, number: null, drafts: new Map(), pictures: new Map() };

export function take(news) {
  if (news.fresh) {
    data.messages.clear();
    data.notes = [];
  }
  data.phones = news.phones;
  data.numbers = new Map(news.numbers.map((entry) => [entry.number, entry.label]));
  data.read = new Map(news.read.map((entry) => [key(entry.phone, entry.number), entry.serial]));
  for (const message of news.messages) data.messages.set(message.sid, message);
  for (const sid of news.removed) data.messages.delete(sid);
  data.notes.push(...news.notes);
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
