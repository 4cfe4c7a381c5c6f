// Where nodes, arrows and labels of a drawing stand. Only places are worked out here, never a number of the network.

export const SIZE = 14; // of letters, in px
export const SMALL = 12.5; // of names
const LINE = 19, PADDING = 10; // of text in a node
const ROOMY = { row: 112, bias: 24 }, CLOSE = { row: 76, bias: 11 };
const MOST_ROOMY = 4; // rows; more are drawn closer
const LABELLED = 12; // arrows between two layers that have their number written on them
const MARKED = 24; // arrows that have a + or − on them, the thickest of a layer
const BESIDE = 136, NARROWEST = 78; // between layers, where the arrows have labels and where they have none
const PLACES = [0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.2, 0.8, 0.46, 0.54, 0.38, 0.62, 0.3, 0.7, 0.23, 0.77];
const BOLD = "600"; // of the labels of arrows
const AROUND = 44; // of an arrow that is seen beside its label
const CAPTION = 18; // between neurons drawn close, for the name above one and the bias of the one before
const MORE = 34; // the height of "⋮ 784 neurons"
const TOP = 48; // for the names of the layers

const context = document.createElement("canvas").getContext("2d");

/** How wide a text is; `weight` as CSS has it. */
export function measured(parts, size = SIZE, weight = "") {
  let width = 0;
  for (const [text, shift] of parts) {
    context.font = `${weight} ${shift ? 0.75 * size : size}px system-ui, sans-serif`;
    width += context.measureText(text).width;
  }
  return width;
}

/** A number that is not known yet needs its room already, so that nothing moves when it comes. */
const roomFor = (item, drawing) =>
  Math.max(measured(whole(item)), measured([...item.symbol, [` = ${drawing.reserve}`, 0]]));

/** Item as it is written: z¹₁ = 0.41. */
export const whole = (item) => [...item.symbol, [` = ${item.text}`, 0]];

/** The arrows that have their number written on them. */
export function labelled({ edges }) {
  const counts = new Map();
  for (const { layer } of edges) counts.set(layer, (counts.get(layer) ?? 0) + 1);
  return edges.filter(({ layer }) => counts.get(layer) <= LABELLED);
}

/**
 * The places of a drawing: `nodes` by "layer,index", `edges` by name with their ends and the box of their label, and the
 * size of it all.
 */
export function placed(drawing) {
  const rows = drawing.layers.map((layer) => layer.nodes.length + (layer.more ? 0.5 : 0));
  const { row, bias } = Math.max(...rows) > MOST_ROOMY ? CLOSE : ROOMY;
  const rowOf = (layer) => row + (row === CLOSE.row && layer.nodes.some((node) => node.bias && node.caption) ? CAPTION : 0);
  const widths = drawing.layers.map((layer) =>
    Math.max(44, ...layer.nodes.flatMap((node) => node.items.map((item) => roomFor(item, drawing) + 2 * PADDING)),
      ...layer.nodes.map((node) => (node.bias ? roomFor(node.bias, drawing) + 8 : 0)),
      ...layer.nodes.map((node) => measured([[node.caption, 0]], SMALL)),
      ...layer.head.map((text) => measured([[text, 0]], SMALL) + 8),
      layer.more ? measured([[layer.more.text, 0]]) + 2 * PADDING : 0));
  const height = TOP + Math.max(...drawing.layers.map((layer, l) => rowOf(layer) * rows[l]));
  const nodes = new Map(), columns = [];
  let x = 8;
  drawing.layers.forEach((layer, l) => {
    const labels = drawing.edges.filter((edge) => edge.layer === layer.layer);
    const widest = Math.max(0, ...labels.map((edge) => measured(roomyLabel(edge, drawing), SIZE, BOLD)));
    if (l) x += labels.length <= LABELLED ? Math.max(BESIDE, widest + AROUND) : NARROWEST + Math.min(80, 2 * labels.length);
    columns.push({ x: x + widths[l] / 2, width: widths[l] });
    column(drawing, l, x + widths[l] / 2, widths[l], { row: rowOf(layer), height, bias }, nodes);
    x += widths[l];
  });
  const beside = Math.max(0, ...drawing.ends.flatMap((end) => end.items.map((item) => roomFor(item, drawing))));
  const width = x + (beside ? beside + 46 : 60) + 8;
  return { width, height, nodes, columns, isClose: row === CLOSE.row, edges: edgesOf(drawing, nodes) };
}

function column(drawing, l, x, width, { row, height, bias }, nodes) {
  const layer = drawing.layers[l];
  const count = layer.nodes.length + (layer.more ? 0.5 : 0);
  const room = height - TOP, below = layer.nodes[0]?.bias ? bias / 2 : 0; // what stands under a neuron
  let y = TOP + room / 2 - (row * count) / 2 + row / 2 - (layer.nodes[0]?.bias ? bias / 2 + 4 : 0);
  layer.nodes.forEach((node, i) => {
    if (layer.more && layer.more.before === i) {
      layer.place = { x, y: y - row / 4 + below, width, height: MORE };
      y += row / 2;
    }
    const tall = Math.max(1, node.items.length) * LINE + 10;
    nodes.set(`${layer.layer},${node.index}`, { x, y, width, height: tall, bias: y + tall / 2 + bias });
    y += row;
  });
  if (layer.more && layer.more.before === layer.nodes.length) layer.place = { x, y: y - row / 4 + below, width, height: MORE };
}

function edgesOf(drawing, nodes) {
  const found = new Map();
  const taken = [...nodes.values()].flatMap((node) => [
    { ...node, height: node.height + 6 }, { x: node.x, y: node.bias, width: node.width, height: 18 },
  ]);
  for (const layer of drawing.layers.slice(1)) {
    const edges = drawing.edges.filter((edge) => edge.layer === layer.layer);
    const isLabelled = edges.length <= LABELLED;
    const thick = [...edges].sort((one, other) => other.size - one.size).slice(0, MARKED);
    const marked = new Set(edges.length <= 2 * MARKED ? edges : thick);
    const lines = edges.map((edge) => {
      const start = nodes.get(`${layer.layer - 1},${edge.from}`), end = nodes.get(`${layer.layer},${edge.to}`);
      return { edge, x1: start.x + start.width / 2, y1: start.y, x2: end.x - end.width / 2, y2: end.y };
    });
    for (const line of lines) {
      const parts = isLabelled ? roomyLabel(line.edge, drawing) : [["+", 0]];
      const size = { width: measured(parts, isLabelled ? SIZE : 11, BOLD) + 6, height: isLabelled ? 17 : 13 };
      const others = lines.filter((other) => other !== line);
      const box = marked.has(line.edge) || isLabelled ? label(line, size, taken, others) : null;
      if (box) taken.push(box);
      found.set(line.edge.name, { ...line, box, isLabelled });
    }
  }
  return found;
}

/** What stands on an arrow: w¹₁₁ = +0.5. */
export const labelOf = (edge) => [...edge.symbol, [` = ${edge.text}`, 0]];

/** The same with as many digits as it may come to have, so that the drawing stays as the number grows. */
const roomyLabel = (edge, { reserve }) => labelOf({ ...edge, text: edge.text.padEnd(reserve.length, "0") });

/** A place for a label on its own line: over no other label, and if possible over no other line. */
function label(line, size, taken, others) {
  const boxes = PLACES.map((t) => ({
    x: line.x1 + t * (line.x2 - line.x1), y: line.y1 + t * (line.y2 - line.y1), ...size,
  }));
  const free = boxes.filter((box) => !taken.some((other) => meets(box, other)));
  return free.find((box) => !others.some((other) => crosses(box, other))) ?? free[0] ?? null;
}

const meets = (one, other) =>
  Math.abs(one.x - other.x) < (one.width + other.width) / 2 && Math.abs(one.y - other.y) < (one.height + other.height) / 2;

/** Whether a line runs through a box (cut to the box side by side: Liang and Barsky, 1984). */
function crosses(box, { x1, y1, x2, y2 }) {
  let start = 0, end = 1;
  for (const [from, way, centre, size] of [[x1, x2 - x1, box.x, box.width], [y1, y2 - y1, box.y, box.height]]) {
    const low = centre - size / 2 - from, high = centre + size / 2 - from;
    if (way === 0) {
      if (low > 0 || high < 0) return false;
      continue;
    }
    start = Math.max(start, Math.min(low / way, high / way));
    end = Math.min(end, Math.max(low / way, high / way));
  }
  return start < end;
}
