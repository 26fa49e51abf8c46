// Talks to the worker that holds the simulator. A run that is no longer wanted ends with its worker.

let worker, serial = 0, ready;
const waiting = new Map();

/** Starts a worker with the simulator in it. */
function begin() {
  const url = URL.createObjectURL(new Blob([document.getElementById("worker").textContent], { type: "text/javascript" }));
  worker = new Worker(url);
  worker.onmessage = ({ data }) => {
    const take = waiting.get(data.id);
    waiting.delete(data.id);
    // A simulator that broke is not trusted again.
    if (data.broken) stop();
    if (take) take(data);
  };
  worker.onerror = (event) => finish(event.message || "the simulator could not be started");
  ready = ask(null, null, { wasm: document.getElementById("wasm").textContent });
}

function finish(sentence) {
  for (const take of waiting.values()) take({ answer: { error: sentence } });
  waiting.clear();
}

/** Ends the worker with whatever it is doing; the next request starts another one. */
export function stop() {
  if (worker) worker.terminate();
  worker = undefined;
  finish("stopped");
}

/** Asks the simulator; gives its answer, which has `ok` or `error`, with the time that it took in `ms`. */
export function ask(name, request, more = {}) {
  if (!worker) begin();
  return new Promise((resolve) => {
    serial += 1;
    waiting.set(serial, (data) => resolve({ ...data.answer, ms: data.ms }));
    worker.postMessage({ id: serial, name, request, ...more });
  });
}

/** Whether the simulator is doing something. */
export const isBusy = () => waiting.size > 0;
