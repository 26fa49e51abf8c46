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
/** The module from its packed text; it is compiled while it is unpacked. */
function compile(packed) {
  const letters = atob(packed), bytes = new Uint8Array(letters.length);
  for (let place = 0; place < letters.length; place += 1) bytes[place] = letters.charCodeAt(place);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compileStreaming(new Response(stream, { headers: { "content-type": "application/wasm" } }));
}
async function start({ wasm, module }) {
  const made = module ?? (await compile(wasm));
  program = (await WebAssembly.instantiate(made, { page })).exports;
  if (module) return;
  // The next worker takes the compiled module, where the browser lets it pass.
  try { postMessage({ module: made }); } catch { /* It compiles its own. */ }
}
/** The answer of the simulator as bytes, which the page reads. */
function call(name, request) {
  const [head, body] = [name, JSON.stringify(request)].map((text) => new TextEncoder().encode(text));
  const at = program.room(head.length + body.length);
  const room = new Uint8Array(program.memory.buffer);
  room.set(head, at);
  room.set(body, at + head.length);
  const length = program.call(head.length);
  return new Uint8Array(program.memory.buffer, program.answer(), length).slice();
}
onmessage = async ({ data }) => {
  try {
    if (data.wasm || data.module) started = start(data);
    await started;
    const begin = performance.now();
    asked = data.id;
    if (!data.name) { postMessage({ id: data.id, answer: { ok: true } }); return; }
    const bytes = call(data.name, data.request);
    postMessage({ id: data.id, bytes, ms: performance.now() - begin }, [bytes.buffer]);
  } catch (error) {
    // A module that ran out of memory traps.
    const words = error instanceof WebAssembly.RuntimeError || error instanceof RangeError ? "The page has no more memory for this run; a shorter run or fewer replications fit." : `${error}`;
    postMessage({ id: data.id, answer: { error: words }, broken: true });
  }
};
