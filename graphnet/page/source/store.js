// What a person has chosen, in one place; whoever shows it listens for the keys that matter to it.

export const SPEEDS = [0.5, 1, 2, 5, 10, 20, 30, 60]; // steps per second
export const EVERY_DELAY = [0, Infinity];
export const SCOPES = ["all", "selected", "none"];

export class Store {
  constructor(state) {
    this.state = state;
    this.listeners = [];
  }

  /** Call a function after any of the keys has changed, and once now. */
  watch(keys, listener, { now = true } = {}) {
    this.listeners.push([new Set(keys.split(" ")), listener]);
    if (now) listener(this.state);
  }

  /** Change some keys; listeners of those that really changed are called once. */
  set(patch) {
    const changed = Object.keys(patch).filter((key) => !Object.is(this.state[key], patch[key]));
    Object.assign(this.state, patch);
    this.tell(changed);
  }

  /** Call whoever listens for any of the keys. */
  tell(changed) {
    for (const [keys, listener] of this.listeners) if (changed.some((key) => keys.has(key))) listener(this.state);
  }
}

/** Return what is chosen when the page opens: something can be seen at once. */
export function initial(model) {
  return {
    selected: -1,
    hovered: -1,
    hoveredEdge: -1,
    sample: 0,
    step: model.hasActivity ? Math.max(0, Math.floor((model.length[0] - 1) / 2)) : 0,
    playing: false,
    speed: 10,
    colour: model.hasActivity ? "activity" : firstColour(model),
    edgeColour: "kind",
    scope: "all",
    kinds: 15,
    signs: 7,
    delays: EVERY_DELAY,
    threshold: 0,
    picked: [],
    category: -1,
    theme: null,
    sheet: null,
    traces: true,
  };
}

function firstColour(model) {
  const types = model.node_attributes.findIndex(
    (one) =>
      one.source === "lesion" || (one.type === "category" && one.source === "custom" && one.categories.length < 9),
  );
  return types >= 0 ? `attribute:${model.node_attributes[types].name}` : "role";
}
