// Long work beside the page, in a worker of the instrument's own code; or, where the page may start
// none, in the page, in slices that leave it time to live.

import { unpackWeights } from "./network.js";
import { unmix } from "./unmixing.js";

const SLICE_TIME = 30;                  // milliseconds

// code: the module that holds this file. job: what `steps` takes. Returns { done, cancel }; done
// resolves to { estimates, where }.
export function start(code, job, onProgress) {
  let cancel = () => {};
  const done = new Promise((resolve, reject) => {
    const inPage = () => {
      let live = true;
      cancel = () => { live = false; reject(new DOMException("cancelled", "AbortError")); };
      inSlices(job, onProgress, () => live)
        .then((estimates) => resolve({ estimates, where: "page" }), reject);
    };
    let worker;
    try {
      if (job.options?.inPage) throw new Error("asked for");
      const script = code.replace(/^export default .*$/m, "serve(self);");
      const text = new Blob([script], { type: "text/javascript" });
      const address = URL.createObjectURL(text);
      worker = new Worker(address);      // no module: a page from a folder may start none
      worker.onmessage = ({ data }) => {
        URL.revokeObjectURL(address);
        if (data.progress !== undefined) return onProgress(data.progress);
        worker.terminate();
        if (data.error) reject(new Error(data.error));
        else resolve({ estimates: data.estimates, where: "worker" });
      };
      worker.onerror = () => { worker.terminate(); inPage(); };
    } catch {
      return inPage();
    }
    cancel = () => { worker.terminate(); reject(new DOMException("cancelled", "AbortError")); };
    worker.postMessage(job);
  });
  return { done, cancel: () => cancel() };
}

// What the worker does.
export function serve(scope) {
  scope.onmessage = async ({ data: job }) => {
    try {
      const work = await steps(job);
      let turn = work.next();
      for (; !turn.done; turn = work.next()) scope.postMessage({ progress: turn.value });
      const estimates = turn.value;
      scope.postMessage({ estimates }, estimates.flat().map((x) => x.buffer));
    } catch (error) {
      scope.postMessage({ error: error.message ?? String(error) });
    }
  };
}

async function inSlices(job, onProgress, live) {
  const work = await steps(job);
  let turn = work.next(), last = performance.now();
  for (; !turn.done && live(); turn = work.next()) {
    if (performance.now() - last < SLICE_TIME) continue;
    onProgress(turn.value);
    await new Promise((resume) => setTimeout(resume));
    last = performance.now();
  }
  return turn.value;
}

async function steps({ data, entries, settings, rate, channels, options }) {
  const bytes = new Blob([data]).stream().pipeThrough(new DecompressionStream("deflate"));
  const weights = unpackWeights(new Uint8Array(await new Response(bytes).arrayBuffer()), entries);
  return unmix(weights, settings, rate, channels, options);
}
