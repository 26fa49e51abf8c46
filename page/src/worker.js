// The worker: it holds the simulator and answers one request after the other.
"use strict";
const TOLD_EVERY = 60; // ms
let program, started, asked, total = 0, told = 0;
// What the module tells while it runs: seconds of simulated time over all runs.
const page = {
  begins: (seconds) => { total = seconds; told = 0; },
  heard: (done) => {
    const now = performance.now();
    if (now - told < TOLD_EVERY) return;
    told = now;
    postMessage({ id: asked, progress: { done, total } });
  },
};
async function start(packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { instance } = await WebAssembly.instantiate(await new Response(stream).arrayBuffer(), { page });
  program = instance.exports;
}
function call(name, request) {
  const [head, body] = [name, JSON.stringify(request)].map((text) => new TextEncoder().encode(text));
  const at = program.room(head.length + body.length);
  const room = new Uint8Array(program.memory.buffer);
  room.set(head, at);
  room.set(body, at + head.length);
  const length = program.call(head.length);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(program.memory.buffer, program.answer(), length)));
}
onmessage = async ({ data }) => {
  try {
    if (data.wasm) started = start(data.wasm);
    await started;
    const begin = performance.now();
    asked = data.id;
    const answer = data.name ? call(data.name, data.request) : { ok: true };
    postMessage({ id: data.id, answer, ms: performance.now() - begin });
  } catch (error) {
    // A module that ran out of memory traps.
    const words = error instanceof WebAssembly.RuntimeError || error instanceof RangeError ? "The page has no more memory for this run; a shorter run or fewer replications fit." : `${error}`;
    postMessage({ id: data.id, answer: { error: words }, broken: true });
  }
};
