// Which part of the drawing is seen: a centre in units of the drawing, and pixels per unit.

export class Camera {
  constructor({ bounds, spacing, n_nodes: n, headings }) {
    this.head = headings.length ? 14 : 0; // pixels of headings above all neurons
    Object.assign(this, { bounds, spacing, x: 0, y: 0, scale: 1, width: 1, height: 1, isFitted: true });
    /** Pixels of the radius of a neuron at least. */
    this.least = n <= 60 ? 5 : n <= 500 ? 3.6 : n <= 2000 ? 2.4 : 1.7;
    this.inset = { left: 0, right: 0, top: 0, bottom: 0 };
  }

  screenX(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  screenY(y) {
    return (y - this.y) * this.scale + this.height / 2;
  }

  worldX(px) {
    return (px - this.width / 2) / this.scale + this.x;
  }

  worldY(py) {
    return (py - this.height / 2) / this.scale + this.y;
  }

  /** Pixels of the radius of a neuron. */
  get radius() {
    return Math.min(19, Math.max(this.least, 0.3 * this.spacing * this.scale));
  }

  resize(width, height) {
    [this.width, this.height] = [width, height];
    if (this.isFitted) this.fit();
  }

  /** Return the scale and centre at which all is seen. */
  fitted() {
    const { left, top, width, height } = this.bounds;
    const inset = { ...this.inset, top: this.inset.top + this.head };
    const [free, tall] = [this.width - inset.left - inset.right, this.height - inset.top - inset.bottom];
    // loops on neurons at the border are seen too
    const margin = Math.min(60, Math.max(20, 0.13 * Math.min(free, tall)));
    const across = Math.max(40, free - 2 * margin - 24);
    const down = Math.max(40, tall - 2 * margin);
    const scale = Math.min(across / (width || 1e-9), down / (height || 1e-9), 130 / this.spacing);
    // the middle of what no panel covers
    return {
      x: left + width / 2 + (inset.right - inset.left) / 2 / scale,
      y: top + height / 2 + (inset.bottom - inset.top) / 2 / scale,
      scale,
    };
  }

  fit() {
    Object.assign(this, this.fitted(), { isFitted: true });
  }

  /** Change the scale so that the point under (px, py) stays there. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const [x, y] = [this.worldX(px), this.worldY(py)];
    const least = this.fitted().scale / 4;
    const most = Math.max(400 / this.spacing, least * 8);
    this.scale = Math.min(most, Math.max(least, this.scale * factor));
    this.x = x - (px - this.width / 2) / this.scale;
    this.y = y - (py - this.height / 2) / this.scale;
    this.isFitted = false;
    this.keep();
  }

  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.isFitted = false;
    this.keep();
  }

  /** Return the scale and centre that bring a point into the part of the window that no panel covers, or into its middle. */
  reveal(x, y, isCentred = false) {
    const { inset, width, height } = this;
    const border = Math.min(48, Math.min(width - inset.left - inset.right, height - inset.top - inset.bottom) / 4);
    const [px, py] = [this.screenX(x), this.screenY(y)];
    const within = (value, least, most) => (isCentred ? (least + most) / 2 : Math.min(most, Math.max(least, value)));
    const [toX, toY] = [
      within(px, inset.left + border, width - inset.right - border),
      within(py, inset.top + border, height - inset.bottom - border),
    ];
    return { x: this.x + (px - toX) / this.scale, y: this.y + (py - toY) / this.scale, scale: this.scale };
  }

  /** Keep the middle of the window on the drawing, so that nobody loses it. */
  keep() {
    const { left, top, width, height } = this.bounds;
    const [slackX, slackY] = [(0.4 * this.width) / this.scale, (0.4 * this.height) / this.scale];
    this.x = Math.min(left + width + slackX, Math.max(left - slackX, this.x));
    this.y = Math.min(top + height + slackY, Math.max(top - slackY, this.y));
  }

  copy() {
    return Object.assign(Object.create(Camera.prototype), this);
  }
}
