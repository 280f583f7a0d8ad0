/** What `help` can be asked about; each page is loaded when it is. */
import { options } from "../options.ts"
import { optionsOf } from "../taken.ts"
import { version } from "../version.ts"
import { optionPage } from "./options.ts"

type Page = () => Promise<string>

/** With the options that the command takes. */
const withOptions =
  (command: string, page: Page): Page =>
  async () =>
    `${await page()}\nOptions\n\n${optionPage(optionsOf(command)).trimEnd()}\n`

export const commandTopics: Readonly<Record<string, Page>> = {
  audit: withOptions("audit", async () => (await import("./audit.ts")).auditScreen),
  scrape: withOptions("scrape", async () => (await import("./audit.ts")).scrapeScreen),
  peers: withOptions("peers", async () => (await import("./audit.ts")).peersScreen),
  report: withOptions("report", async () => (await import("./kept.ts")).reportScreen),
  diff: withOptions("diff", async () => (await import("./kept.ts")).diffScreen),
  merge: withOptions("merge", async () => (await import("./kept.ts")).mergeScreen),
  history: withOptions("history", async () => (await import("./kept.ts")).historyScreen),
  schedule: async () => (await import("./repeat.ts")).scheduleScreen,
  fleet: async () => (await import("./fleet.ts")).fleetScreen,
  watch: async () => (await import("./repeat.ts")).watchScreen,
  dht: async () => (await import("./network.ts")).dhtScreen,
  doctor: async () => (await import("./network.ts")).doctorScreen,
  inspect: withOptions("inspect", async () => (await import("./audit.ts")).inspectScreen),
  demo: withOptions("demo", async () => (await import("./audit.ts")).demoScreen),
  completion: async () => (await import("./setup.ts")).completionScreen,
  schema: async () => (await import("./setup.ts")).schemaScreen,
}

export const subjectTopics: Readonly<Record<string, Page>> = {
  options: async () => optionPage(options),
  config: async () => (await import("./setup.ts")).configScreen,
  formats: async () => (await import("./results.ts")).formatsScreen,
  thresholds: async () => (await import("./results.ts")).thresholdsScreen,
  "exit-codes": async () => (await import("./results.ts")).exitCodesScreen,
  encryption: async () => (await import("./network.ts")).encryptionScreen,
  proxy: async () => (await import("./network.ts")).proxyScreen,
  "web-seeds": async () => (await import("./network.ts")).webSeedScreen,
  "announce-log": async () => (await import("./announce-log.ts")).announceLogScreen,
  redaction: async () => (await import("./setup.ts")).redactionScreen,
  files: async () => (await import("./setup.ts")).filesScreen,
  findings: async () => (await import("./findings.ts")).allFindings(),
  version: async () => `torrent-audit ${version}\n`,
}

/** Other words for the same. */
export const otherNames: Readonly<Record<string, string>> = {
  privacy: "redaction",
  mmdb: "redaction",
  environment: "config",
  "web-seed": "web-seeds",
  webseeds: "web-seeds",
  exit: "exit-codes",
  status: "exit-codes",
  metrics: "thresholds",
  finding: "findings",
  vantage: "merge",
  places: "merge",
}
