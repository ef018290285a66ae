// The typing box: a live count of segments, pictures to attach, Enter to send.

import { post } from "./api.js";
import { h, icon } from "./dom.js";
import { key, view } from "./store.js";
import { plural } from "./words.js";

const MOST = 10;

export function composer(phone, number) {
  const id = key(phone.number, number);
  const box = h("textarea", { id: "typed", rows: "1", placeholder: "Text message",
    "aria-label": "Text message", "aria-describedby": "count", maxlength: "1600" });
  const count = h("span", { id: "count", class: "count" });
  const problem = h("p", { class: "problem", role: "alert" });
  const chosen = h("ul", { class: "chosen", "aria-label": "Pictures to send" });
  const input = h("input", { id: "picture", type: "file", class: "hidden", multiple: true,
    accept: "image/png,image/jpeg,image/gif,image/webp" });
  const sendButton = h("button", { class: "send", "aria-label": "Send" }, icon("send"));
  const pictures = () => view.pictures.get(id) ?? [];

  const refresh = () => {
    box.style.height = "auto";
    box.style.height = `${Math.min(box.scrollHeight, 140)}px`;
    sendButton.disabled = !box.value.trim() && !pictures().length;
    chosen.replaceChildren(...pictures().map((url, place) => h("li", {},
      h("img", { src: url, alt: `Picture ${place + 1}` }),
      h("button", { type: "button", "aria-label": `Remove picture ${place + 1}`, onclick: () => {
        view.pictures.set(id, pictures().filter((_, other) => other !== place));
        refresh();
        box.focus();
      } }, icon("close")))));
  };

  box.value = view.drafts.get(id) ?? "";
  box.addEventListener("input", () => {
    view.drafts.set(id, box.value);
    refresh();
    weigh(box, count);
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
  input.addEventListener("change", async () => {
    const urls = await Promise.all([...input.files].map(read));
    view.pictures.set(id, [...pictures(), ...urls].slice(0, MOST));
    input.value = "";
    refresh();
    box.focus();
  });

  const form = h("form", { class: "composer", onsubmit: async (event) => {
    event.preventDefault();
    if (sendButton.disabled) return;
    const text = { from: phone.number, to: number, body: box.value, pictures: pictures() };
    const keep = [box.value, pictures()];
    box.value = "";
    view.drafts.delete(id);
    view.pictures.delete(id);
    problem.textContent = "";
    refresh();
    weigh(box, count);
    try {
      await post("/phone/texts", text);
    } catch (error) {
      [box.value] = keep;
      view.pictures.set(id, keep[1]);
      problem.textContent = error.message;
      refresh();
    }
    box.focus();
  } },
  chosen,
  problem,
  h("div", { class: "line" },
    input,
    h("button", { class: "icon-button attach", type: "button", "aria-label": "Attach a picture",
      onclick: () => input.click() }, icon("picture")),
    h("div", { class: "field" }, box, count),
    sendButton));
  input.setAttribute("aria-label", "Picture to attach");
  input.tabIndex = -1;
  queueMicrotask(() => {
    refresh();
    weigh(box, count);
    if (matchMedia("(min-width: 760px)").matches) box.focus({ preventScroll: true });
  });
  return form;
}

function read(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}

// Asks the carrier, which counts segments in one place for all.
async function weigh(box, count) {
  const body = box.value;
  if (!body) {
    count.textContent = "";
    return;
  }
  const size = await post("/phone/size", { body }).catch(() => null);
  if (!size || box.value !== body) return;
  count.textContent = `${size.capacity - size.units} left · ${plural(size.segments, "segment")}`;
  count.title = `${size.encoding}: ${size.units} of ${size.capacity}`;
}
