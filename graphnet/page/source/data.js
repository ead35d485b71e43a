// The data of the page: a header in JSON and typed arrays, packed with gzip and base64 by graphnet.

const TYPES = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  float32: Float32Array,
};
export const NOTHING = 255; // of activity: no number here

/** Return the model of a page: its header, its arrays and what is derived from them. */
export async function read(text) {
  if (typeof DecompressionStream === "undefined")
    throw new Error(
      "This browser cannot unpack the data of the page, as it has no DecompressionStream. " +
        "Open the page with Chrome 80, Firefox 113, Safari 16.4 or a newer browser.",
    );
  const packed = atob(text.trim());
  const bytes = new Uint8Array(packed.length);
  for (let i = 0; i < packed.length; i++) bytes[i] = packed.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return modelOf(await new Response(stream).arrayBuffer());
}

function modelOf(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  if (header.format !== 1)
    throw new Error(`The data of the page has format ${header.format}; this page reads format 1.`);
  const base = 4 + length;
  const arrays = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const size = shape.reduce((a, b) => a * b, 1);
    arrays[name] = new TYPES[dtype](buffer, base + offset, size);
  }
  const { x, y, role, column, source, target, kind, delay, strength, gate, activity, low, high } = arrays;
  const n = header.n_nodes;
  const [outgoing, incoming] = [rowsOf(source, n), rowsOf(target, n)];
  const model = {
    ...header,
    get: (name) => arrays[name],
    ...{ x, role, column, source, target, kind, delay, strength, gate, activity, low, high },
    y: Float32Array.from(y, (value) => -value), // down, as on the screen
    length: arrays.length ?? new Uint16Array(header.n_samples).fill(header.n_steps),
    outgoing,
    incoming,
    lower: header.names.map((name) => name.toLowerCase()),
    rank: ranksOf(source, target, n),
    hasActivity: Boolean(activity && header.n_steps && header.n_samples),
    degree: (i) => outgoing.start[i + 1] - outgoing.start[i] + incoming.start[i + 1] - incoming.start[i],
  };
  model.headings = (header.labels ?? []).map(([text, x, y]) => ({ text, x, y: -y }));
  stretch(model);
  model.bounds = boundsOf(model);
  model.spacing = spacingOf(model);
  markLoops(model);
  return model;
}

/** Return the synapses of each neuron, those of neuron i at start[i] to start[i + 1] in `edges`. */
function rowsOf(end, n) {
  const start = new Uint32Array(n + 1);
  for (let e = 0; e < end.length; e++) start[end[e] + 1]++;
  for (let i = 0; i < n; i++) start[i + 1] += start[i];
  const edges = new Uint32Array(end.length);
  const next = start.slice(0, n);
  for (let e = 0; e < end.length; e++) edges[next[end[e]]++] = e;
  return { start, edges };
}

/** Return the rank of each synapse among those of the same two neurons in the same direction; at most 255. */
function ranksOf(source, target, n) {
  const seen = new Map();
  const rank = new Uint8Array(source.length);
  for (let e = 0; e < source.length; e++) {
    const pair = source[e] * n + target[e];
    const before = seen.get(pair) ?? 0;
    rank[e] = Math.min(255, before);
    seen.set(pair, before + 1);
  }
  return rank;
}

/** Stretch a layout by layers so that neither side is far longer than the other; given positions keep their shape. */
function stretch(model) {
  const { left, top, width, height } = boundsOf(model);
  if (model.layout !== "layered" || !width || !height) return;
  const aspect = width / height;
  const wanted = Math.min(2.4, Math.max(1.1, aspect));
  const [alongX, alongY] = aspect < wanted ? [wanted / aspect, 1] : [1, aspect / wanted];
  model.x = model.x.map((value) => (value - left) * alongX);
  model.y = model.y.map((value) => (value - top) * alongY);
  for (const one of model.headings) [one.x, one.y] = [(one.x - left) * alongX, (one.y - top) * alongY];
}

/** Mark the headings right above a neuron with a loop. */
function markLoops({ headings, source, target, x, y, spacing }) {
  if (!headings.length) return;
  const looped = new Set();
  for (let e = 0; e < source.length; e++) if (source[e] === target[e]) looped.add(source[e]);
  for (const one of headings)
    for (const i of looped)
      if (Math.abs(x[i] - one.x) < 0.7 * spacing && Math.abs(y[i] - one.y) < 0.7 * spacing) one.isAboveLoop = true;
}

function boundsOf({ x, y }) {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < x.length; i++) {
    if (x[i] < left) left = x[i];
    if (x[i] > right) right = x[i];
    if (y[i] < top) top = y[i];
    if (y[i] > bottom) bottom = y[i];
  }
  if (!x.length) return { left: 0, top: 0, width: 0, height: 0 };
  return { left, top, width: right - left, height: bottom - top };
}

/** Return the median distance of a neuron to its nearest neighbour, of at most 400 neurons. */
function spacingOf({ x, y, bounds }) {
  const n = x.length;
  const distances = [];
  const stride = Math.max(1, Math.floor(n / 400));
  for (let i = 0; i < n; i += stride) {
    let nearest = Infinity;
    for (let j = 0; j < n; j++) {
      const square = (x[i] - x[j]) ** 2 + (y[i] - y[j]) ** 2;
      if (square > 0 && square < nearest) nearest = square;
    }
    if (nearest < Infinity) distances.push(Math.sqrt(nearest));
  }
  if (!distances.length) return 1;
  distances.sort((a, b) => a - b);
  const median = distances[distances.length >> 1];
  // a few neurons that are close together do not make all of them dots
  return Math.max(median, Math.max(bounds.width, bounds.height) / Math.max(6, 3 * Math.sqrt(n)) / 4);
}

/** Return the activity of a neuron at a step of a sample; NaN where there is none. */
export function activityAt(model, sample, step, neuron) {
  const quantum = model.activity[(sample * model.n_steps + step) * model.n_nodes + neuron];
  if (quantum === NOTHING) return NaN;
  return model.low[neuron] + quantum * ((model.high[neuron] - model.low[neuron]) / 254);
}
