/** What clients tell their tracker, beside what they show their peers. Source: BEP 3 (`uploaded`, `downloaded`, `left`). */
export { reportsOf, type Reporter, type Reports } from "./reports/matched.ts"
export { unknownClock } from "./reports/clock.ts"
export { testLeft, type LeftContradiction } from "./reports/left.ts"
export { testDownloaded, type DownloadedTested } from "./reports/downloaded.ts"
export { momentRow, reportRow } from "./reports/rows.ts"
export {
  mostCompared,
  openTo,
  testUploaded,
  uploadedTogether,
  type UploadedTested,
  type UploadedTogether,
} from "./reports/uploaded.ts"
