// The colour of each neuron, as a level of a scale, a colour of a category, or none where nothing is known.

import { NOTHING } from "./data.js";
import { LEVELS, rampOf } from "./theme.js";

export const ROLES = ["hidden", "input", "output"];

/** Return the choices of what neurons are coloured by, in groups. */
export function colourings(model) {
  const groups = { Network: [], Attributes: [], "Lesion effect": [] };
  if (model.hasActivity) {
    groups.Network.push(["activity", "activity"]);
    groups.Network.push(["own", "activity, each in its own range"]);
  }
  groups.Network.push(["role", "input, hidden, output"], ...(hasLayers(model) ? [] : [["column", "layer"]]), [
    "degree",
    "number of synapses",
  ]);
  for (const { name, source } of model.node_attributes)
    groups[source === "lesion" ? "Lesion effect" : "Attributes"].push([`attribute:${name}`, name]);
  return Object.entries(groups)
    .filter(([, options]) => options.length)
    .map(([group, options]) => ({ group, options }));
}

/** True if the layer is an attribute of the drawing, so that its place from the left says nothing more. */
export function hasLayers(model) {
  return model.node_attributes.some((one) => one.name === "layer");
}

/** Return the colouring of a key: what it says about each neuron at a step, and what its legend shows. */
export function colouringOf(model, key, theme) {
  if (key === "activity" || key === "own") return activityOf(model, key === "own", theme);
  if (key === "role") return categorical(theme, model.role, ROLES, "input, hidden, output");
  if (key === "column") return numeric(theme, Float32Array.from(model.column), "layer", true);
  if (key === "degree")
    return numeric(
      theme,
      Float32Array.from(model.role, (_, i) => model.degree(i)),
      "number of synapses",
    );
  const found = model.node_attributes.find((one) => `attribute:${one.name}` === key);
  const values = model.get(found.array);
  return found.type === "number"
    ? numeric(theme, values, found.name)
    : categorical(theme, values, found.categories, found.name);
}

/** Return the part of the values that the scale spans: all, or without the outermost hundredth of many. */
function spanOf(values, isWhole) {
  const known = Float32Array.from(values.filter((value) => Number.isFinite(value))).sort();
  if (!known.length) return null;
  const at = (fraction) => known[Math.round(fraction * (known.length - 1))];
  const [low, high] = isWhole || known.length < 100 ? [known[0], known.at(-1)] : [at(0.01), at(0.99)];
  return { low, high, isCut: low > known[0] || high < known.at(-1) };
}

function scaleOf(theme, span) {
  const isDiverging = span.low < 0 && span.high > 0;
  const end = Math.max(-span.low, span.high);
  const [low, high] = isDiverging ? [-end, end] : [span.low, span.high];
  return { low, high, isCut: span.isCut, isDiverging, palette: rampOf(theme, isDiverging) };
}

function numeric(theme, values, title, isWhole = false) {
  const span = spanOf(values, isWhole);
  if (!span) return { title, type: "none", palette: [], levels: new Int16Array(values.length).fill(-1) };
  const scale = scaleOf(theme, span);
  const factor = scale.high > scale.low ? (LEVELS - 1) / (scale.high - scale.low) : 0;
  const levels = Int16Array.from(values, (value) =>
    Number.isNaN(value)
      ? -1
      : Math.round(Math.min(1, Math.max(0, ((value - scale.low) * factor) / (LEVELS - 1))) * (LEVELS - 1)),
  );
  return { title, type: "number", ...scale, levels, missing: levels.includes(-1) };
}

function categorical(theme, codes, categories, title) {
  const counts = new Array(categories.length).fill(0);
  let missing = 0;
  for (const code of codes) code < categories.length ? counts[code]++ : missing++;
  const order = [...counts.keys()].filter((code) => counts[code]);
  const isRole = categories === ROLES;
  if (order.length > theme.series.length) order.sort((a, b) => counts[b] - counts[a] || a - b);
  // neurons of the most frequent categories have colours that all can tell apart; the others share one
  const level = new Int16Array(categories.length).fill(theme.series.length);
  order.slice(0, theme.series.length).forEach((code, k) => (level[code] = isRole ? [5, 0, 1][code] : k));
  const palette = [...theme.series, theme.other];
  if (isRole) palette[5] = theme.other;
  const levels = Int16Array.from(codes, (code) => (code < categories.length ? level[code] : -1));
  const entries = order.map((code) => ({
    code,
    name: categories[code],
    count: counts[code],
    colour: palette[level[code]],
  }));
  return { title, type: "category", palette, levels, entries, missing, codes };
}

/** Colouring by activity: levels are filled anew for each step. */
function activityOf(model, isOwn, theme) {
  const { n_nodes: n, n_steps: steps, low, high, activity } = model;
  const ends = [];
  for (let i = 0; i < n; i++) if (Number.isFinite(low[i])) ends.push(low[i], high[i]);
  const sorted = Float32Array.from(ends).sort();
  const at = (fraction) => sorted[Math.round(fraction * (sorted.length - 1))] ?? 0;
  // a few neurons that are far more active than all others do not make these pale
  const span = n < 20 ? { low: at(0), high: at(1) } : { low: Math.min(0, at(0.05)), high: Math.max(0, at(0.95)) };
  span.isCut = span.low > at(0) || span.high < at(1);
  if (span.low === span.high) span.high = span.low + 1;
  const scale = scaleOf(theme, span);
  // level = a + b * quantum, for each neuron
  const a = new Float32Array(n);
  const b = new Float32Array(n);
  const isSigned = new Uint8Array(n);
  for (let i = 0; i < n; i++) {
    const [from, to] = isOwn ? ownSpan(low[i], high[i], scale.isDiverging) : [scale.low, scale.high];
    const width = to - from || 1;
    a[i] = ((low[i] - from) / width) * (LEVELS - 1);
    b[i] = ((high[i] - low[i]) / width / 254) * (LEVELS - 1);
    isSigned[i] = low[i] < 0 ? 1 : 0;
  }
  const levels = new Int16Array(n);
  const fill = (sample, step) => {
    const base = (sample * steps + step) * n;
    for (let i = 0; i < n; i++) {
      const quantum = activity[base + i];
      const level = a[i] + b[i] * quantum;
      // also -1 where the range of the neuron itself is missing
      levels[i] =
        quantum === NOTHING || level !== level ? -1 : level < 0 ? 0 : level > LEVELS - 1 ? LEVELS - 1 : level + 0.5;
    }
  };
  const title = isOwn ? "activity, each in its own range" : "activity";
  return { title, type: "number", isOwn, ...scale, levels, fill, missing: hasGaps(model) };
}

/** True if an activity is missing before the end of its sample. */
function hasGaps(model) {
  const { activity, length, n_samples: samples, n_steps: steps, n_nodes: n } = model;
  model.gaps ??= Array.from({ length: samples }, (_, k) =>
    activity.subarray(k * steps * n, (k * steps + length[k]) * n).includes(NOTHING),
  ).includes(true);
  return model.gaps;
}

function ownSpan(low, high, isDiverging) {
  if (!isDiverging) return [low, high];
  const end = Math.max(Math.abs(low), Math.abs(high)) || 1;
  return [-end, end];
}
