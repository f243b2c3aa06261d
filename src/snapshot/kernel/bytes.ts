// What the kernel's loops are made of: the digits of one number, and one bit for each of 64 bytes.

const NINE: i8 = 9;
const DIGIT_ZERO: i8 = 0x30;
const COMMA: i8 = 0x2c;
const EIGHT_ZEROS: u64 = 0x3030303030303030;
const TEN_TO_8: u64 = 100_000_000;
/** Bits of the bytes whose successor is in sight too. */
export const ALL_BUT_LAST: u64 = 0x7fffffffffffffff;

/** The number of 1 to 8 digits at `at`. */
// @ts-ignore: decorator
@inline
export function number(at: usize, digits: u32): u64 {
  // The first digit is the lowest byte: moved up, the number has zeros before it and nothing behind it.
  let word = (load<u64>(at) ^ EIGHT_ZEROS) << (0 - ((<u64>digits) << 3));
  word = word * 10 + (word >> 8);
  return ((word & 0x000000ff000000ff) * 0x000f424000000064 + ((word >> 16) & 0x000000ff000000ff) * 0x0000271000000001) >> 32;
}

/** The number of 1 to 10 digits at `at`. */
// @ts-ignore: decorator
@inline
export function longNumber(at: usize, digits: u32): u64 {
  if (digits <= 8) return number(at, digits);
  return number(at, digits - 8) * TEN_TO_8 + number(at + digits - 8, 8);
}

/** One bit for each of 64 bytes: is it all ones? */
// @ts-ignore: decorator
@inline
export function bits(a: v128, b: v128, c: v128, d: v128): u64 {
  const low = i8x16.bitmask(a) | (i8x16.bitmask(b) << 16);
  const high = i8x16.bitmask(c) | (i8x16.bitmask(d) << 16);
  return (<u64>(<u32>low)) | ((<u64>(<u32>high)) << 32);
}

/** One bit for each of 64 bytes: is it `byte`? */
// @ts-ignore: decorator
@inline
export function where(at: usize, byte: i8): u64 {
  const wanted = i8x16.splat(byte);
  return bits(
    i8x16.eq(v128.load(at), wanted),
    i8x16.eq(v128.load(at, 16), wanted),
    i8x16.eq(v128.load(at, 32), wanted),
    i8x16.eq(v128.load(at, 48), wanted),
  );
}

/** One bit for each of 64 bytes: is it no digit? */
// @ts-ignore: decorator
@inline
function whereNoDigit(at: usize): u64 {
  const zero = i8x16.splat(DIGIT_ZERO);
  const nine = i8x16.splat(NINE);
  return bits(
    i8x16.gt_u(i8x16.sub(v128.load(at), zero), nine),
    i8x16.gt_u(i8x16.sub(v128.load(at, 16), zero), nine),
    i8x16.gt_u(i8x16.sub(v128.load(at, 32), zero), nine),
    i8x16.gt_u(i8x16.sub(v128.load(at, 48), zero), nine),
  );
}

/**
 * The ends of the numbers in 64 bytes: one bit each for the comma or newline behind a number, up to the first thing that is
 * no digit, no single comma between two of them, and no newline before such a comma.
 */
// @ts-ignore: decorator
@inline
export function endsOf(at: usize, newlines: u64): u64 {
  const commas = where(at, COMMA);
  const noDigits = whereNoDigit(at) & ALL_BUT_LAST;
  const behind = newlines << 1;
  const ends = noDigits & ~behind;
  const odd = (noDigits ^ ((commas & ALL_BUT_LAST) | newlines)) | ((behind & ~commas) >> 1) | (ends & (noDigits << 1));
  return ends & ~odd & (odd - 1);
}
