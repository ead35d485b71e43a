// Elements. Text is set as text only, so that the name of a neuron is never read as HTML.

/** Return an element with attributes, listeners (on...) and children; children that are no elements become text. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return made;
}

const SVG = "http://www.w3.org/2000/svg";

/** Return an icon of lines on a grid of 24 x 24. */
export function icon(path, filled = false) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("class", filled ? "icon filled" : "icon");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", path);
  drawing.append(line);
  return drawing;
}

/** Return a short line as it is drawn for a kind of synapse. */
export function sampleOfLine(colour, dash, width = 2) {
  const drawing = document.createElementNS(SVG, "svg");
  drawing.setAttribute("viewBox", "0 0 28 8");
  drawing.setAttribute("class", "line-sample");
  drawing.setAttribute("aria-hidden", "true");
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", "M0 4H28");
  line.setAttribute("stroke", colour);
  line.setAttribute("stroke-width", width);
  line.setAttribute("stroke-dasharray", dash.join(" "));
  drawing.append(line);
  return drawing;
}

/** Return a button; its label is read aloud and shown as a tooltip when it has only an icon. */
export function button(content, { label, onclick, className, pressed, key } = {}) {
  const title = label && key ? `${label} (${key})` : label;
  return element(
    "button",
    { type: "button", class: className, title, "aria-label": label, "aria-pressed": pressed, onclick },
    content,
  );
}

/** Return a list to choose from, of [value, text] or {group, options}. */
export function select(label, options, onchange) {
  const option = ([value, text]) => element("option", { value }, text);
  return element(
    "select",
    { "aria-label": label, onchange: (event) => onchange(event.target.value) },
    options.map((one) =>
      one.group ? element("optgroup", { label: one.group }, one.options.map(option)) : option(one),
    ),
  );
}

export const ICONS = {
  play: "M7 4.5v15l12-7.5z",
  pause: "M7 5h3.5v14H7zM13.5 5H17v14h-3.5z",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  plus: "M12 5v14M5 12h14",
  minus: "M5 12h14",
  fit: "M4 9V4h5M15 4h5v5M20 15v5h-5M9 20H4v-5",
  close: "M6 6l12 12M18 6L6 18",
  search: "M10.5 4a6.5 6.5 0 1 1 0 13 6.5 6.5 0 0 1 0-13zM15.5 15.5L20 20",
  moon: "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5z",
  help: "M9 9.2a3 3 0 1 1 4.3 2.7c-.9.5-1.3 1-1.3 2.1M12 17.6v.1",
  link: "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 0 0 13 5.300l-1 1M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 0 0 11 18.700l1-1",
  target: "M12 3v4M12 17v4M3 12h4M17 12h4M12 8a4 4 0 1 1 0 8 4 4 0 0 1 0-8z",
  trace: "M3 15l4-6 4 8 4-11 3 6h3",
  down: "M6 9l6 6 6-6",
};
