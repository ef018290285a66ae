// Builds elements. Texts always become text nodes, so nothing that arrives is taken for markup.

export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else if (value === true) element.setAttribute(name, "");
    else if (value !== false && value != null) element.setAttribute(name, value);
  }
  element.append(...children.flat().filter((child) => child != null && child !== false));
  return element;
}

const PATHS = {
  back: "M15 5l-7 7 7 7",
  info: "M12 11v6M12 7.5v.1M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0",
  picture: "M4 6h16v12H4zM4 16l5-5 4 4 3-3 4 4M15.5 9.5v.1",
  send: "M12 19V5M6 11l6-6 6 6",
  close: "M6 6l12 12M18 6L6 18",
  tick: "M4 12l5 5L19 7",
  ticks: "M1.5 12.5l4.5 4.5L15 8M10.5 15.5l1.5 1.5L21.5 7.5",
  clock: "M12 7v5l3 2M3 12a9 9 0 1 0 18 0a9 9 0 1 0-18 0",
  warning: "M12 8v5M12 16.5v.1M12 3.5l9.5 17h-19z",
  phone: "M8 3h8a1 1 0 0 1 1 1v16a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1V4a1 1 0 0 1 1-1zM11 18h2",
  call: "M6 3h3.5l1.5 5-2.5 1.5a13 13 0 0 0 6 6L16 13l5 1.5V18a3 3 0 0 1-3 3A15 15 0 0 1 3 6a3 3 0 0 1 3-3z",
  hangup: "M2.5 13.5c5-5 14-5 19 0l-1.5 3.5-5-1.5v-2.7a12 12 0 0 0-6 0v2.7l-5 1.5z",
  signal: "M4 18v-3M9 18v-6M14 18v-9M19 18v-12",
  battery: "M3 8h15a1 1 0 0 1 1 1v6a1 1 0 0 1-1 1H3a1 1 0 0 1-1-1V9a1 1 0 0 1 1-1zM22 11v2M5 11v2M8 11v2M11 11v2M14 11v2",
};

export function icon(name) {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(space, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

// Neighbours in a list differ in colour, since colours are handed out in turn.
const tints = new Map();

export function avatar(name, number) {
  const words = name.split(/\s+/).filter((word) => /^[\p{L}\d]/u.test(word));
  const letters = words.slice(0, 2).map((word) => [...word][0].toUpperCase()).join("");
  if (!tints.has(number)) tints.set(number, tints.size % 6);
  const tint = tints.get(number);
  const face = letters && !/^\d/.test(letters) ? letters : icon("phone");
  return h("span", { class: `avatar tint-${tint}`, "aria-hidden": "true" }, face);
}
