// From a grid of values to pixels: two colours from one value on, hatching and a line so that neither stands alone.

const HATCHES = [() => false, (x, y) => (x + y) % 9 < 1, (x, y) => (x - y + 9000) % 9 < 1, (x) => x % 8 < 1, (x, y) => y % 8 < 1,
  (x, y) => x % 7 < 1 && y % 7 < 2, (x, y) => x % 8 < 1 || y % 8 < 1, (x, y) => (x + y) % 12 < 1 || (x - y + 9000) % 12 < 1];

/** The colours of the theme as channels, by name. */
export function colours(root) {
  const probe = document.createElement("span");
  root.append(probe);
  const found = {};
  for (const name of ["paper", "ink", "positive", "negative", "link", "weight", "output", "grey"]) {
    probe.style.color = `var(--${name})`;
    found[name] = getComputedStyle(probe).color.match(/[\d.]+/g).slice(0, 3).map(Number);
  }
  probe.remove();
  return found;
}

const mixed = (a, b, part) => a.map((v, i) => v + (b[i] - v) * part);

/** Paint a function of pixels, `(x, y) => [red, green, blue]`. */
export function bitmap(canvas, colour) {
  const { width, height } = canvas, pen = canvas.getContext("2d"), image = pen.createImageData(width, height);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at += 4) {
      const [r, g, b] = colour(x, y);
      image.data.set([r, g, b, 255], at);
    }
  pen.putImageData(image, 0, 0);
}

/** The cell of a pixel; the first row of a grid is the lowest. */
const sampler = (values, width, height) => (x, y) => {
  const rows = values.length, columns = values[0].length;
  const i = Math.min(rows - 1, Math.floor(((height - 1 - y) / height) * rows));
  return values[i][Math.min(columns - 1, Math.floor((x / width) * columns))];
};

/** Values below `level` in one colour and hatched, above it in another; ink where they meet. */
export function shades({ values, low, high, level }, width, tone, height = width, hatched = true) {
  const middle = level ?? (low < 0 && high > 0 ? 0 : (low + high) / 2);
  const reach = Math.max(high - middle, middle - low) || 1;
  const at = sampler(values, width, height), isFlip = level !== undefined && level !== null && values.length > 1 && hatched;
  return (x, y) => {
    const v = at(x, y);
    if (typeof v !== "number") return tone.grey;
    const part = (v - middle) / reach;
    if (isFlip && (at(Math.min(width - 1, x + 1), y) >= middle !== v >= middle || at(x, Math.min(height - 1, y + 1)) >= middle !== v >= middle))
      return tone.ink;
    const colour = mixed(tone.paper, part >= 0 ? tone.positive : tone.negative, 0.12 + 0.6 * Math.min(1, Math.abs(part)));
    return hatched && part < 0 && HATCHES[1](x, y) ? mixed(colour, tone.ink, 0.22) : colour;
  };
}

/** A colour and a hatching for each class. */
export function classPixels(values, width, tone) {
  const at = sampler(values, width, width), inks = [tone.link, tone.negative, tone.weight, tone.positive, tone.output];
  return (x, y) => {
    const k = at(x, y);
    if (at(Math.min(width - 1, x + 1), y) !== k || at(x, Math.min(width - 1, y + 1)) !== k) return tone.ink;
    const colour = mixed(tone.paper, inks[k % inks.length], 0.3);
    return HATCHES[k % HATCHES.length](x, y) ? mixed(colour, tone.ink, 0.3) : colour;
  };
}

/** A picture from paper to ink, its first row at the top. */
export function grey(grid, largest, zoom, tone) {
  return (x, y) => mixed(tone.paper, tone.ink, Math.min(1, Math.max(0, grid[Math.floor(y / zoom)][Math.floor(x / zoom)] / (largest || 1))));
}
