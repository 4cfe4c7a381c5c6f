// What an exported module does with raw values. Rows are counted from 1.

const LARGEST = 1e150; // no number beyond this is taken
const NUMBER = /^[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?$/i;
const MARKS = { ",": ",", ".": "\\.", " ": "[ \u00a0\u2009\u202f]", "'": "['\u2019]" }; // between thousands
const ISO = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:[.,](\d{1,9}))?)?\s?(Z|UTC|[-+]\d\d:?\d\d)?)?$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)\.(?:0|\d*[1-9])$/;
const POWER = /^-?\d(?:\.\d+)?[eE][-+]?\d{1,3}$/;

function isMissing(value, words) {
  if (value === null || value === undefined || Number.isNaN(value)) return true;
  if (value instanceof Date) return Number.isNaN(value.getTime());
  return typeof value === "string" && words.has(value.trim());
}

// A number, or a text that says one; notation has decimal, thousands, unit and absent where they are not the usual.
function numberOf(value, notation = {}) {
  const { decimal = ".", thousands = "", unit = "", absent = [] } = notation;
  let divisor = 1;
  if (typeof value === "string") {
    let text = value.trim().replace("\u2212", "-");
    if (unit && text.includes(unit)) {
      text = text.replace(unit, "").trim();
      divisor = unit === "%" ? 100 : 1;
    }
    const mark = MARKS[thousands];
    const point = decimal === "," ? "," : "\\.";
    if (mark && new RegExp(`^-?[1-9]\\d{0,2}(?:${mark}\\d{2,3})*${mark}\\d{3}(?:${point}\\d*)?$`).test(text)) {
      text = text.replace(new RegExp(mark, "g"), "");
    }
    if (decimal === ",") text = text.replace(",", ".");
    if (!NUMBER.test(text)) throw new TypeError("a number is expected");
    value = text;
  } else if (typeof value !== "number" && typeof value !== "bigint" && typeof value !== "boolean") {
    throw new TypeError("a number is expected");
  }
  const found = Number(value) / divisor;
  if (absent.includes(found)) return NaN;
  if (!(Math.abs(found) <= LARGEST)) throw new RangeError("more than can be computed with");
  return found;
}

// 1 for true, -1 for false.
function truthOf(value) {
  const text = textOf(value).toLowerCase();
  if (["true", "t", "yes", "y", "1"].includes(text)) return 1;
  if (["false", "f", "no", "n", "0"].includes(text)) return -1;
  throw new TypeError("true or false is expected");
}

// Seconds since 1970, in UTC, of a Date, an ISO 8601 text, or such a number itself.
function secondsOf(value) {
  if (value instanceof Date) return value.getTime() / 1000;
  if (typeof value !== "string") return numberOf(value);
  const found = ISO.exec(value.trim());
  const [year, month, day, hour, minute, second] = (found ?? []).slice(1, 7).map((part) => Number(part ?? 0));
  const time = new Date(0);
  time.setUTCFullYear(year, month - 1, day);
  const isDay = time.getUTCMonth() === month - 1 && time.getUTCDate() === day && year >= 1;
  if (!found || !isDay || hour > 23 || minute > 59 || second > 59) {
    throw new TypeError("a date is expected, as 2025-12-31 or 2025-12-31T23:59:00");
  }
  const [, sign, east, more] = /^([-+])(\d\d):?(\d\d)$/.exec(found[8] ?? "") ?? [];
  const zone = sign ? (sign === "-" ? -60 : 60) * (60 * Number(east) + Number(more)) : 0;
  const part = Number((found[7] ?? "").padEnd(9, "0")) / 1e9;
  return time.getTime() / 1000 + 3600 * hour + 60 * minute + second + part - zone;
}

// A category in the one spelling that training knew it by: 3 and "3.0" are "3"; true is "true".
function textOf(value) {
  if (typeof value === "number") return spelledNumber(value);
  const text = String(value).trim();
  if (/^(?:true|false)$/i.test(text)) return text.toLowerCase();
  if (/[^\x00-\x7f]/.test(text)) return text.normalize("NFC");
  if (text === "-0" || text === "-0.0") return "0";
  const size = Math.abs(Number(text));
  if (DECIMAL.test(text) && text.replace(/\D/g, "").length <= 18) return spelledNumber(Number(text));
  if (POWER.test(text) && ((size > 0 && size < 1e-4) || (size >= 1e16 && size < 1e300))) {
    return spelledNumber(Number(text));
  }
  return text;
}

// A number with its shortest digits, as Python writes it: 1e-05, 1e+20.
function spelledNumber(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 2 ** 64) return BigInt(value).toString();
  if (size >= 1e-4 && size < 1e16) return String(value);
  return value.toExponential().replace(/e([-+])(\d)$/, "e$10$2");
}

function vectorOf(value, size) {
  if (value === null || value === undefined) return new Float64Array(size).fill(NaN);
  if (value.length !== size) throw new TypeError(`${size} numbers are expected`);
  return Float64Array.from(value, (item) => (item === null ? NaN : numberOf(item)));
}
