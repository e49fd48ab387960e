/** Starts a worker thread from a file beside this one: the compiler leaves such a path alone, so its extension is chosen here, once. */

import { Worker } from 'node:worker_threads'

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js'

/** It takes none of the flags that say what the process runs (`--eval`, `--test`); those that harden it hold for all its threads. */
export function startThread(name: string, workerData: unknown): Worker {
  return new Worker(new URL(`./${name}${extension}`, import.meta.url), { name: `purser ${name}`, workerData, execArgv: [] })
}
