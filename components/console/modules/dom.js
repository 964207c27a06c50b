// Elements, in one line each; texts are never markup.

/** `element("button", { class: "x-btn", text: "Start" }, child, ...)`; what begins with "on" listens, null and false are left out. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "text") made.textContent = value;
    else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter(Boolean));
  return made;
}

/** One of the drawings that came with the page. */
export function icon(markup) {
  const made = element("i", { class: "x-icon" });
  made.innerHTML = markup; // of ours
  return made;
}

/** A button of text, a drawing, or both. */
export function button(text, onclick, { drawing = "", label = "", kind = "", id = null } = {}) {
  const made = element("button", {
    type: "button", id, onclick, "aria-label": label || null, "data-tip": label || null,
    class: `x-btn${kind && ` x-btn-${kind}`}${text ? "" : " x-btn-bare"}`,
  });
  if (drawing) made.append(icon(drawing));
  made.append(text);
  return made;
}

export function press(made, pressed) {
  made.setAttribute("aria-pressed", String(pressed));
}

/** `{name}` fields of a sentence. */
export function filled(sentence, fields) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}
