// The worker: it holds the simulator and answers one request after the other.
"use strict";
let program, started;
async function start(packed) {
  const bytes = Uint8Array.from(atob(packed), (c) => c.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  const { instance } = await WebAssembly.instantiate(await new Response(stream).arrayBuffer(), {});
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
    const answer = data.name ? call(data.name, data.request) : { ok: true };
    postMessage({ id: data.id, answer, ms: performance.now() - begin });
  } catch (error) {
    postMessage({ id: data.id, answer: { error: `${error}` }, broken: true });
  }
};
