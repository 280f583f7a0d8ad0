// Columns a string takes in a terminal. CommonJS, because the bundler also puts this file in place of the package
// `string-width`, which cli-table3 requires and yargs imports, and whose emoji expression costs 45 ms of start-up.
"use strict"

const { stripVTControlCharacters } = require("node:util")

// Printable ASCII: the common case, and the fast one.
const plain = /^[\x20-\x7e]*$/
// Marks, format characters, conjoining jamo: drawn over the cell before them, or not at all.
const zero = /[\p{Mn}\p{Me}\p{Cf}\p{Cc}\p{Default_Ignorable_Code_Point}\u1160-\u11ff]/u
// Regional indicators are emoji too, but terminals give each half of a flag one cell.
const regional = /[\u{1f1e6}-\u{1f1ff}]/u
// East Asian Width W and F (UAX #11), the unassigned gaps between their blocks included.
const wide =
  /[\p{Emoji_Presentation}\u1100-\u115f\u2329\u232a\u2630-\u2637\u268a-\u268f\u2e80-\u303e\u3041-\u3247\u3250-\u4dbf\u4dc0-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{1d300}-\u{1d376}\u{1f200}-\u{1f265}\u{20000}-\u{3fffd}]/u

function characterWidth(character) {
  if (plain.test(character)) return 1
  if (zero.test(character)) return 0
  return wide.test(character) && !regional.test(character) ? 2 : 1
}

function stringWidth(text) {
  if (typeof text !== "string" || text === "") return 0
  if (plain.test(text)) return text.length
  let columns = 0
  for (const character of stripVTControlCharacters(text)) columns += characterWidth(character)
  return columns
}

module.exports = stringWidth
