/** Every scenario. */
import type { Scenario } from "../scenario.ts"
import { dhtAlone } from "./dht.ts"
import { busy } from "./busy.ts"
import { contacts } from "./contacts.ts"
import { crowded } from "./crowded.ts"
import { dhtItems } from "./dht-items.ts"
import { downloads } from "./downloads.ts"
import { drivers } from "./drivers.ts"
import { fleet } from "./fleet.ts"
import { hidden } from "./hidden.ts"
import { honest } from "./honest.ts"
import { household } from "./household.ts"
import { inflated } from "./inflated.ts"
import { ipv6 } from "./ipv6.ts"
import { meetingByDht, meetingByLsd, meetingByPex } from "./meeting.ts"
import { incoming } from "./incoming.ts"
import { lsd } from "./lsd.ts"
import { pex } from "./pex.ts"
import { privateTorrent } from "./private.ts"
import { proxy } from "./proxy.ts"
import { dual } from "./dual.ts"
import { magnet } from "./magnet.ts"
import { padded } from "./padded.ts"
import { unpadded } from "./unpadded.ts"
import { webSeeds } from "./web-seeds.ts"
import { restarts } from "./restarts.ts"
import { shaping } from "./shaping.ts"
import { superseeding } from "./superseeding.ts"
import { allowedFast } from "./allowed-fast.ts"
import { encrypted } from "./encrypted.ts"
import { holepunch } from "./holepunch.ts"
import { misreports } from "./misreports.ts"
import { mixed } from "./mixed.ts"
import { progress } from "./progress.ts"
import { reference } from "./reference.ts"
import { utp } from "./utp.ts"
import { hybrid, v2 } from "./v2.ts"

/** Of those that are played side by side the longest first, so that no lane ends long after the others. */
export const scenarios: readonly Scenario[] = [
  utp,
  crowded,
  honest,
  encrypted,
  misreports,
  drivers,
  household,
  webSeeds,
  shaping,
  fleet,
  unpadded,
  dhtAlone,
  busy,
  incoming,
  lsd,
  privateTorrent,
  magnet,
  meetingByDht,
  proxy,
  pex,
  holepunch,
  downloads,
  ipv6,
  dual,
  inflated,
  hidden,
  dhtItems,
  mixed,
  progress,
  restarts,
  reference,
  superseeding,
  contacts,
  meetingByLsd,
  v2,
  meetingByPex,
  hybrid,
  allowedFast,
  padded,
]
