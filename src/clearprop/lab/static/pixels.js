// From a grid of values to pixels: two colours from one value on, hatching and a line so that neither stands alone.

const HATCHES = [() => false, (x, y) => (x + y) % 9 < 1, (x, y) => (x - y + 9000) % 9 < 1, (x) => x % 8 < 1, (x, y) => y % 8 < 1,
  (x, y) => x % 7 < 1 && y % 7 < 2, (x, y) => x % 8 < 1 || y % 8 < 1, (x, y) => (x + y) % 12 < 1 || (x - y + 9000) % 12 < 1];
const TONES = 256; // between the lowest and the highest value

const themes = new Map();

/** The colours of the theme as channels, by name; asked for once, as that lays out the page. */
export function colours(root) {
  const theme = `${document.documentElement.dataset.theme} ${matchMedia("(prefers-color-scheme: dark)").matches}`;
  if (!themes.has(theme)) themes.set(theme, coloursOf(root));
  return themes.get(theme);
}

function coloursOf(root) {
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
const packed = ([r, g, b]) => (255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r);

/** Paint a function of pixels, `(x, y) => packed colour`. */
export function bitmap(canvas, colour) {
  const { width, height } = canvas, pen = canvas.getContext("2d"), image = pen.createImageData(width, height);
  const pixels = new Int32Array(image.data.buffer);
  for (let y = 0, at = 0; y < height; y++) for (let x = 0; x < width; x++) pixels[at++] = colour(x, y);
  pen.putImageData(image, 0, 0);
}

/** The cell of a pixel; the first row of a grid is the lowest. */
const nearest = (values, width, height) => (x, y) => {
  const i = Math.min(values.length - 1, Math.floor(((height - 1 - y) / height) * values.length));
  return values[i][Math.min(values[0].length - 1, Math.floor((x / width) * values[0].length))];
};

/** The value at every pixel, between the four cells around it; the first and last cells lie on the edges. */
function between(values, width, height) {
  const rows = values.length - 1, columns = values[0].length - 1, found = new Float64Array(width * height), line = new Float64Array(columns + 2);
  for (let y = 0, at = 0; y < height; y++) {
    const v = ((height - 1 - y) / Math.max(1, height - 1)) * rows, i = Math.min(Math.floor(v), Math.max(0, rows - 1)), q = v - i;
    const low = values[i], high = values[Math.min(rows, i + 1)];
    for (let j = 0; j <= columns; j++) line[j] = low[j] * (1 - q) + high[j] * q;
    line[columns + 1] = line[columns];
    for (let x = 0; x < width; x++) {
      const u = (x / Math.max(1, width - 1)) * columns, j = Math.floor(u);
      found[at++] = line[j] + (line[j + 1] - line[j]) * (u - j);
    }
  }
  return (x, y) => found[y * width + x];
}

/** Values below `level` in one colour and hatched, above it in another; ink where they meet. */
export function shades({ values, low, high, level }, width, tone, height = width, smooth = true) {
  const middle = level ?? (low < 0 && high > 0 ? 0 : (low + high) / 2), reach = Math.max(high - middle, middle - low) || 1;
  const at = (smooth ? between : nearest)(values, width, height), isFlip = smooth && typeof level === "number" && values.length > 1;
  const colour = (part) => mixed(tone.paper, part >= 0 ? tone.positive : tone.negative, 0.12 + 0.6 * Math.abs(part));
  const plain = new Int32Array(2 * TONES + 1).map((_, i) => packed(colour((i - TONES) / TONES)));
  const lined = plain.map((_, i) => packed(mixed(colour((i - TONES) / TONES), tone.ink, 0.22)));
  const [ink, none] = [packed(tone.ink), packed(tone.grey)];
  return (x, y) => {
    const v = at(x, y);
    if (!Number.isFinite(v)) return none;
    const isAbove = v >= middle;
    if (isFlip && x + 1 < width && y + 1 < height && (at(x + 1, y) >= middle !== isAbove || at(x, y + 1) >= middle !== isAbove)) return ink;
    const tones = !isAbove && smooth && HATCHES[1](x, y) ? lined : plain;
    return tones[TONES + Math.round(Math.max(-1, Math.min(1, (v - middle) / reach)) * TONES)];
  };
}

/** A colour and a hatching for each class. */
export function classPixels(values, width, tone) {
  const at = nearest(values, width, width), inks = [tone.link, tone.negative, tone.weight, tone.positive, tone.output];
  const plain = inks.map((ink) => packed(mixed(tone.paper, ink, 0.3)));
  const lined = inks.map((ink) => packed(mixed(mixed(tone.paper, ink, 0.3), tone.ink, 0.3))), border = packed(tone.ink);
  return (x, y) => {
    const k = at(x, y);
    if (at(Math.min(width - 1, x + 1), y) !== k || at(x, Math.min(width - 1, y + 1)) !== k) return border;
    return (HATCHES[k % HATCHES.length](x, y) ? lined : plain)[k % inks.length];
  };
}

/** A picture from paper to ink, its first row at the top. */
export function grey(grid, largest, zoom, tone) {
  const tones = new Int32Array(TONES + 1).map((_, i) => packed(mixed(tone.paper, tone.ink, i / TONES)));
  return (x, y) => tones[Math.round(Math.min(1, Math.max(0, grid[Math.floor(y / zoom)][Math.floor(x / zoom)] / (largest || 1))) * TONES)];
}
