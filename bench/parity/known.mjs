// The differences from DevTools that are meant, each with its reason in docs/parity.md. An entry is narrow: it names one
// quantity, and says of one mismatch whether it is explained. `npm run parity` fails on every other one.

/**
 * @typedef {import("./compare.mjs").Mismatch} Mismatch
 * @type {readonly { name: string, quantity: string, explains: (mismatch: Mismatch) => boolean }[]}
 */
export const KNOWN = [];
