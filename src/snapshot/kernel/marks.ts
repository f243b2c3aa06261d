// Where the commas and newlines of a stretch of the file are, one bit for each byte, written down before any record is read:
// then the place of a record depends on the record before it by a few additions, and no longer by a look at its bytes. The
// two steps are those of Langdale and Lemire (Parsing Gigabytes of JSON per Second, VLDB Journal 28, 2019, section 3.1).

import { bits } from "./bytes";

const COMMA: i8 = 0x2c;
const NEWLINE: i8 = 0x0a;
/** Bytes of a stretch: records that begin in it can be read. A stretch and the 64 bytes behind it are looked at. */
export const STRETCH: usize = 63 * 64;
/** From the bits of commas to those of newlines. */
export const NEWLINES: usize = STRETCH / 8 + 16;

/**
 * Marks the stretch at `from`. Where something else than digits, commas and newlines begins, or nothing stands between two
 * commas or before a newline, the commas end.
 * @param marksAt room for two times NEWLINES bytes
 */
export function mark(from: usize, marksAt: usize): void {
  const comma = i8x16.splat(COMMA);
  const newline = i8x16.splat(NEWLINE);
  const low = i8x16.splat(0x0f);
  // What is expected is told by a byte's lower half: ten digits, a newline, a comma.
  const expected = i8x16(0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, NEWLINE, 0, COMMA, 0, 0, 0);
  let isUsual = true;
  let commaBefore: u64 = 0;
  let newlineBefore: u64 = 0;
  for (let i: usize = 0; i <= STRETCH / 64; i++) {
    const at = from + (i << 6);
    const a = v128.load(at);
    const b = v128.load(at, 16);
    const c = v128.load(at, 32);
    const d = v128.load(at, 48);
    const usualA = i8x16.eq(a, i8x16.swizzle(expected, v128.and(a, low)));
    const usualB = i8x16.eq(b, i8x16.swizzle(expected, v128.and(b, low)));
    const usualC = i8x16.eq(c, i8x16.swizzle(expected, v128.and(c, low)));
    const usualD = i8x16.eq(d, i8x16.swizzle(expected, v128.and(d, low)));
    let commas = bits(i8x16.eq(a, comma), i8x16.eq(b, comma), i8x16.eq(c, comma), i8x16.eq(d, comma));
    const newlines = bits(i8x16.eq(a, newline), i8x16.eq(b, newline), i8x16.eq(c, newline), i8x16.eq(d, newline));
    const behindComma = (commas << 1) | commaBefore;
    const doubled = (commas & behindComma) | (newlines & (behindComma | (newlines << 1) | newlineBefore));
    commaBefore = commas >> 63;
    newlineBefore = newlines >> 63;
    if (!isUsual) commas = 0;
    else if (doubled != 0 || !i8x16.all_true(v128.and(v128.and(usualA, usualB), v128.and(usualC, usualD)))) {
      const odd = doubled | ~bits(usualA, usualB, usualC, usualD);
      commas &= ~odd & (odd - 1);
      isUsual = false;
    }
    store<u64>(marksAt + (i << 3), commas);
    store<u64>(marksAt + (i << 3), newlines, NEWLINES);
  }
}
