// Talks to the worker that holds the simulator. A run that is no longer wanted ends with its worker.

let worker, compiled, serial = 0;
const waiting = new Map();

/** Starts a worker with the simulator in it. */
function begin() {
  const url = URL.createObjectURL(new Blob([document.getElementById("worker").textContent], { type: "text/javascript" }));
  worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    if (data.module) { compiled = data.module; return; }
    const request = waiting.get(data.id);
    if (data.progress) { request?.heard?.(data.progress); return; }
    waiting.delete(data.id);
    // A simulator that broke is not trusted again.
    if (data.broken) stop();
    request?.take(data);
  };
  worker.onerror = (event) => finish(event.message || "the simulator could not be started");
  ask(null, null, { more: compiled ? { module: compiled } : { wasm: document.getElementById("wasm").textContent } });
}

function finish(sentence) {
  for (const { take } of waiting.values()) take({ answer: { error: sentence, stopped: true } });
  waiting.clear();
}

/** Ends the worker with whatever it is doing; the next request starts another one. */
export function stop() {
  if (worker) worker.terminate();
  worker = undefined;
  finish("stopped");
}

/** What the simulator answered: JSON as bytes, or a sentence of the worker. */
const read = ({ bytes, answer }) => (bytes ? JSON.parse(new TextDecoder().decode(bytes)) : answer);

/**
 * Asks the simulator; gives its answer, which has `ok` or `error`, with the time that it took in `ms`. `heard` is told
 * how far a run has come: `done` and `total` in simulated seconds over all its runs.
 */
export function ask(name, request, { heard, more } = {}) {
  if (!worker) begin();
  return new Promise((resolve) => {
    serial += 1;
    waiting.set(serial, { name, heard, take: (data) => resolve({ ...read(data), ms: data.ms }) });
    worker.postMessage({ id: serial, name, request, ...more });
  });
}

/** Whether the simulator runs something. */
export const isBusy = () => [...waiting.values()].some(({ name }) => name === "run");
