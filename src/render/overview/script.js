/**
 * What runs in the page: sorting and filtering. It only moves and hides rows that are there without it. `overview.ts` puts the text of
 * this one function into the page: nothing outside of it exists there.
 */
export function enhance() {
  const table = /** @type {HTMLTableElement} */ (document.querySelector(".fleet"))
  const body = table.tBodies[0]
  const heads = table.tHead?.rows[0]?.cells
  if (body === undefined || heads === undefined) return
  /** Worst first, as they came. */
  const all = [...body.rows]
  const place = new Map(all.map((row, index) => [row, index]))
  const collator = new Intl.Collator("en", { numeric: true })

  /** @param {string} id */
  const part = (id) => /** @type {HTMLElement} */ (document.getElementById(id))
  const words = /** @type {HTMLInputElement} */ (part("words"))
  const standing = /** @type {HTMLSelectElement} */ (part("standing"))
  const vantage = /** @type {HTMLSelectElement} */ (part("vantage"))
  const changed = /** @type {HTMLInputElement} */ (part("changed"))
  /** Only where several vantage points look. */
  const differing = /** @type {HTMLInputElement | null} */ (document.getElementById("differing"))
  const shown = part("shown")

  // ---- sorting

  /** Letters of standings, worst first. */
  const severity = "cfuwao-"

  /** What a row is sorted by; null: nothing there, which comes last either way. @param {HTMLTableRowElement} row @param {number} column @param {string} by */
  function key(row, column, by) {
    if (by === "rank") return place.get(row) ?? 0
    if (by.startsWith("place")) return severity.indexOf(row.dataset["s"]?.[Number(by.slice(5))] ?? "-")
    const cell = row.cells[column]
    const text = cell?.dataset["n"] ?? cell?.textContent?.trim() ?? ""
    if (by === "text") return cell?.firstElementChild?.textContent ?? text
    const value = Number.parseFloat(text)
    return Number.isNaN(value) ? null : value
  }

  /** @param {number} column @param {boolean} down */
  function sort(column, down) {
    const by = heads?.[column]?.dataset["by"] ?? "rank"
    const keyed = all.map((row) => ({ row, key: key(row, column, by) }))
    keyed.sort((a, b) => {
      if (a.key === null || b.key === null) return a.key === b.key ? 0 : a.key === null ? 1 : -1
      const order =
        typeof a.key === "string" || typeof b.key === "string"
          ? collator.compare(String(a.key), String(b.key))
          : a.key - b.key
      return down ? -order : order
    })
    body?.append(...keyed.map(({ row }) => row))
    for (const head of heads ?? []) head.removeAttribute("aria-sort")
    heads?.[column]?.setAttribute("aria-sort", down ? "descending" : "ascending")
  }

  for (const [column, head] of [...heads].entries()) {
    const button = document.createElement("button")
    button.type = "button"
    button.append(...head.childNodes)
    head.append(button)
    button.addEventListener("click", () => sort(column, head.getAttribute("aria-sort") === "ascending"))
  }
  heads[0]?.setAttribute("aria-sort", "ascending")

  // ---- filtering

  /** @type {Map<HTMLTableRowElement, string>} */
  const texts = new Map()
  /** @param {HTMLTableRowElement} row */
  function textOf(row) {
    const known = texts.get(row)
    if (known !== undefined) return known
    const text = `${row.cells[1]?.textContent ?? ""} ${row.cells[row.cells.length - 1]?.textContent ?? ""}`
    const lower = text.toLowerCase()
    texts.set(row, lower)
    return lower
  }

  /** Of an info hash the table has eight digits. @param {string} word */
  const short = (word) => (/^[0-9a-f]{9,64}$/.test(word) ? word.slice(0, 8) : word)

  function filter() {
    const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean).map(short)
    const letters = standing.value
    const at = vantage.value === "" ? -1 : Number(vantage.value)
    let count = 0
    for (const row of all) {
      const seen = row.dataset["s"] ?? ""
      // The first letter is the torrent's own standing.
      const letter = at < 0 ? (seen[0] ?? "-") : (seen[at + 1] ?? "-")
      const fits =
        (letters === "" ? letter !== "-" : letters.includes(letter)) &&
        (!changed.checked || row.dataset["c"] !== undefined) &&
        (differing?.checked !== true || row.dataset["d"] !== undefined) &&
        wanted.every((word) => textOf(row).includes(word))
      if (row.hidden === fits) row.hidden = !fits
      if (fits) count++
    }
    const of = `${all.length} torrent${all.length === 1 ? "" : "s"}`
    shown.textContent = count === all.length ? of : `${count} of ${of}`
    part("none").hidden = count > 0 || all.length === 0
  }

  function clear() {
    words.value = standing.value = vantage.value = ""
    changed.checked = false
    if (differing !== null) differing.checked = false
    filter()
  }

  let waiting = 0
  words.addEventListener("input", () => {
    clearTimeout(waiting)
    waiting = setTimeout(filter, all.length > 2_000 ? 150 : 0)
  })
  for (const each of [standing, vantage, changed, differing]) each?.addEventListener("change", filter)
  part("clear").addEventListener("click", () => {
    clear()
    words.focus()
  })
  // A link to a row that is filtered out.
  addEventListener("hashchange", () => {
    const row = document.getElementById(location.hash.slice(1))
    if (!(row instanceof HTMLTableRowElement) || !row.hidden) return
    clear()
    row.scrollIntoView()
  })
  part("filter").hidden = false
  // What the browser kept of an earlier visit.
  filter()

  // ---- age

  const made = /** @type {HTMLTimeElement | null} */ (document.querySelector("time#at"))
  const hours = (Date.now() - Date.parse(made?.dateTime ?? "")) / 3_600_000
  if (hours >= 2)
    part("age").textContent =
      hours < 48 ? `${Math.floor(hours)} hours ago` : `${Math.floor(hours / 24)} days ago`
}
