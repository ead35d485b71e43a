// What is chosen, as the part of the address after "#", so that a link opens the page as it was.

import { colourings } from "./colours.js";
import { SCOPES, SPEEDS, initial } from "./store.js";

/** Return what differs from the page as it opens, as text. */
export function written(model, state) {
  const first = initial(model);
  const parts = new URLSearchParams();
  const put = (key, name, text) => state[name] !== first[name] && parts.set(key, text ?? state[name]);
  if (state.selected >= 0) parts.set("neuron", model.names[state.selected]);
  for (const i of state.picked) parts.append("trace", model.names[i]);
  if (model.hasActivity) {
    put("sample", "sample");
    put("step", "step");
    put("speed", "speed");
  }
  put("colour", "colour");
  put("synapses", "scope");
  put("lines", "edgeColour");
  put("kinds", "kinds");
  put("signs", "signs");
  if (state.delays[0] > 0 || state.delays[1] < Infinity) parts.set("delays", state.delays.join("-"));
  put("least", "threshold");
  put("highlight", "category");
  put("theme", "theme");
  return parts.toString();
}

/** Return the choices that a text makes; what this network does not have is left out. */
export function choicesOf(model, text) {
  const parts = new URLSearchParams(text.replace(/^#/, ""));
  const patch = {};
  const whole = (key, least, most) => {
    const value = Number(parts.get(key));
    return parts.has(key) && Number.isInteger(value) && value >= least && value <= most ? value : undefined;
  };
  const neuron = (name) => model.names.indexOf(name);
  const put = (name, value) => value !== undefined && (patch[name] = value);
  if (parts.has("neuron") && neuron(parts.get("neuron")) >= 0) patch.selected = neuron(parts.get("neuron"));
  const picked = parts
    .getAll("trace")
    .map(neuron)
    .filter((i) => i >= 0);
  if (picked.length) patch.picked = picked;
  if (model.hasActivity) {
    put("sample", whole("sample", 0, model.n_samples - 1));
    put("step", whole("step", 0, model.length[patch.sample ?? 0] - 1));
    patch.step ??= Math.max(0, Math.min(initial(model).step, model.length[patch.sample ?? 0] - 1));
    put(
      "speed",
      SPEEDS.find((one) => String(one) === parts.get("speed")),
    );
  }
  const colours = colourings(model).flatMap(({ options }) => options.map(([key]) => key));
  put(
    "colour",
    colours.find((key) => key === parts.get("colour")),
  );
  put(
    "scope",
    SCOPES.find((one) => one === parts.get("synapses")),
  );
  put(
    "edgeColour",
    ["kind", "sign"].find((one) => one === parts.get("lines")),
  );
  put("kinds", whole("kinds", 0, 15));
  put("signs", whole("signs", 0, 7));
  const delays = /^(\d+)-(\d+|Infinity)$/.exec(parts.get("delays") ?? "");
  if (delays) patch.delays = [Number(delays[1]), Number(delays[2])];
  const least = Number(parts.get("least"));
  if (least > 0 && Number.isFinite(least)) patch.threshold = least;
  put("category", whole("highlight", 0, 65534));
  put(
    "theme",
    ["light", "dark"].find((one) => one === parts.get("theme")),
  );
  return patch;
}

const KEYS =
  "selected picked sample step speed colour scope edgeColour kinds signs delays threshold category theme playing";

/** Take up the address of the page and keep it up to date. */
export function follow(model, store) {
  let timer = null;
  let last = "";
  const write = () => {
    timer = null;
    last = written(model, store.state);
    try {
      history.replaceState(null, "", `#${last}`);
    } catch {
      // a frame without an address of its own, as in a notebook
    }
  };
  // browsers allow few changes of the address per second
  store.watch(KEYS, ({ playing }) => !playing && (timer ??= setTimeout(write, 250)), { now: false });
  try {
    addEventListener("hashchange", () => {
      if (location.hash.slice(1) !== last)
        store.set({ ...initial(model), sheet: store.state.sheet, ...choicesOf(model, location.hash) });
    });
  } catch {
    // as above
  }
}
