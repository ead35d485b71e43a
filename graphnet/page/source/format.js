// Numbers and names as text.

/** Return a number with at most four significant digits; a dash for one that is missing. */
export function number(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return count(value);
  const text =
    size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(size >= 1000 ? 5 : 3)));
  return text.replaceAll("-", "−").replace("e+", "e");
}

/** Return a whole number with its thousands apart. */
export function count(value) {
  return String(Math.abs(value))
    .replace(/\B(?=(\d{3})+$)/g, ",")
    .replace(/^/, value < 0 ? "−" : "");
}

/** Return "1 neuron" or "2 neurons". */
export function plural(value, word) {
  return `${count(value)} ${value === 1 ? word : word + (word.endsWith("s") ? "es" : "s")}`;
}

/** Return a name of at most `most` characters, its middle left out; characters without a shape are replaced. */
export function short(name, most = 24) {
  const clean = name.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (c) => (c === "\u200d" ? c : "\ufffd"));
  const characters = typeof Intl.Segmenter === "function" ? segments(clean, most) : Array.from(clean);
  if (characters.length <= most) return clean;
  const half = most >> 1;
  return `${characters.slice(0, half).join("")}…${characters.slice(characters.length - (most - half - 1)).join("")}`;
}

let segmenter = null;

function segments(text, most) {
  if (text.length <= most) return [text];
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), (part) => part.segment);
}
