// Which synapses are shown, and how many each choice would show.

export const SIGNS = ["positive", "negative", "open"];
const OPEN = 2;

export class Filters {
  constructor(model) {
    this.model = model;
    const { n_edges: n, strength, delay } = model;
    this.sign = new Uint8Array(n);
    const sizes = [];
    for (let e = 0; e < n; e++) {
      const value = strength[e];
      this.sign[e] = Number.isNaN(value) ? OPEN : value < 0 ? 1 : 0;
      if (value === value) sizes.push(Math.abs(value));
    }
    this.sizes = Float32Array.from(sizes).sort();
    /** A strength that few synapses exceed: the width of a line grows up to it. */
    this.typical = this.sizes.length ? this.sizes[Math.floor(0.98 * (this.sizes.length - 1))] || 1 : 1;
    let longest = 0;
    for (let e = 0; e < n; e++) longest = Math.max(longest, delay[e]);
    this.longest = longest;
    const steps = new Map();
    for (let e = 0; e < n; e++) steps.set(delay[e], (steps.get(delay[e]) ?? 0) + 1);
    this.delays = [...steps].sort((a, b) => a[0] - b[0]);
    this.visible = new Uint8Array(n).fill(1);
    this.counts = null;
  }

  /** Return the strength below which a fraction of the synapses is. */
  quantile(fraction) {
    const { sizes } = this;
    if (!sizes.length || fraction <= 0) return 0;
    return sizes[Math.min(sizes.length - 1, Math.floor(fraction * sizes.length))];
  }

  /** Set what is visible. Counts are of the synapses that pass all other choices. */
  apply({ kinds, signs, delays, threshold }) {
    const { n_edges: n, kind, delay, strength } = this.model;
    const counts = { kinds: [0, 0, 0, 0], signs: [0, 0, 0], shown: 0, delay: 0, threshold: 0 };
    for (let e = 0; e < n; e++) {
      const byKind = (kinds >> kind[e]) & 1;
      const bySign = (signs >> this.sign[e]) & 1;
      const byDelay = delay[e] >= delays[0] && delay[e] <= delays[1] ? 1 : 0;
      // open weights have no size that could be compared
      const bySize = threshold <= 0 || Math.abs(strength[e]) >= threshold ? 1 : 0;
      const passed = byKind + bySign + byDelay + bySize;
      this.visible[e] = passed === 4 ? 1 : 0;
      if (passed === 4) counts.shown++;
      if (passed - byKind === 3) counts.kinds[kind[e]]++;
      if (passed - bySign === 3) counts.signs[this.sign[e]]++;
    }
    this.counts = counts;
    return counts;
  }
}
