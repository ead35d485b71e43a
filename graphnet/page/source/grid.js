// Which neuron is at a point: a grid over the drawing whose cells hold a few neurons each.

export class Grid {
  constructor({ x, y, bounds, n_nodes: n }) {
    Object.assign(this, { x, y, bounds });
    this.size = Math.max(bounds.width, bounds.height, 1e-9) / Math.max(1, Math.ceil(Math.sqrt(n)));
    this.across = Math.floor(bounds.width / this.size) + 1;
    this.down = Math.floor(bounds.height / this.size) + 1;
    this.start = new Uint32Array(this.across * this.down + 1);
    const cells = Uint32Array.from(x, (_, i) => this.row(y[i]) * this.across + this.col(x[i]));
    for (const cell of cells) this.start[cell + 1]++;
    for (let cell = 0; cell < this.across * this.down; cell++) this.start[cell + 1] += this.start[cell];
    this.items = new Uint32Array(n);
    const next = this.start.slice();
    cells.forEach((cell, i) => (this.items[next[cell]++] = i));
  }

  col(x) {
    return Math.min(this.across - 1, Math.max(0, Math.floor((x - this.bounds.left) / this.size)));
  }

  row(y) {
    return Math.min(this.down - 1, Math.max(0, Math.floor((y - this.bounds.top) / this.size)));
  }

  /** Return the nearest neuron within a distance; -1 without one. */
  nearest(x, y, distance) {
    let [best, least] = [-1, distance * distance];
    for (let row = this.row(y - distance); row <= this.row(y + distance); row++)
      for (let col = this.col(x - distance); col <= this.col(x + distance); col++) {
        const cell = row * this.across + col;
        for (let k = this.start[cell]; k < this.start[cell + 1]; k++) {
          const i = this.items[k];
          const square = (this.x[i] - x) ** 2 + (this.y[i] - y) ** 2;
          if (square <= least) [best, least] = [i, square];
        }
      }
    return best;
  }
}
