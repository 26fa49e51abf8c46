// Runs scenarios in the module and in the native program, one replication each, and compares every CSV file byte for byte.
// Usage: node page/same-bytes.mjs MODULE PROGRAM [SCENARIO ...]

import { execFileSync } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

const [module, program, ...asked] = process.argv.slice(2);
// Scenarios of a minute to some minutes: long ones take too long in one thread.
const NAMES = ["first-light", "a-zone-on-both", "fewer-partitions", "forty-percent", "flash-crowd", "hot-key", "hot-shard", "idle-members", "kpl-aggregation", "linger",
  "more-partitions", "msk-zone-loss", "out-and-in", "pollers-or-fan-out", "on-demand-first-spike", "split-while-lagging", "two-zones", "uneven-ranges", "zone-loss", "zone-loss-acks-1",
  "worker-crash", "retention-too-short"];
const { instance } = await WebAssembly.instantiate(fs.readFileSync(module), { page: { begins() {}, heard() {} } });
const wasm = instance.exports;
function call(name, request) {
  const [head, body] = [name, JSON.stringify(request)].map((text) => new TextEncoder().encode(text));
  const at = wasm.room(head.length + body.length), room = new Uint8Array(wasm.memory.buffer);
  room.set(head, at);
  room.set(body, at + head.length);
  const length = wasm.call(head.length);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(wasm.memory.buffer, wasm.answer(), length)));
}
const folder = fs.mkdtempSync(path.join(os.tmpdir(), "same-"));
let [passed, failed] = [0, 0];
for (const name of asked.length ? asked : NAMES) {
  const file = `scenarios/${name}.toml`;
  if (!fs.existsSync(file)) { console.log(`${name}: no such scenario`); continue; }
  // A claim that does not hold in one replication is not asked about here.
  try { execFileSync(program, ["run", file, "--replications", "1", "--no-charts", "-q", "-o", folder], { stdio: "ignore" }); } catch (error) { if (error.status !== 99) throw error; }
  const { files } = call("run", { name, text: fs.readFileSync(file, "utf8"), replications: 1, files: "tables" }).ok ?? {};
  const differ = Object.entries(files ?? { none: "" }).filter(([table, text]) => { const own = path.join(folder, name, table); return !fs.existsSync(own) || fs.readFileSync(own, "utf8") !== text; });
  if (differ.length) failed += 1; else passed += 1;
  console.log(`${name}: ${differ.length ? `other bytes in ${differ.map(([table]) => table).join(", ")}` : `${Object.keys(files).length} files, the same bytes`}`);
}
fs.rmSync(folder, { recursive: true });
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
