/** One task at a time, in order of arrival: for a connection that the writer and the reads share, so that no read sees half a batch. */

export type Gate = <T>(task: () => Promise<T>) => Promise<T>

export function createGate(): Gate {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.catch(() => undefined)
    return result
  }
}

/** For a connection of one's own: nobody to wait for. */
export const openGate: Gate = (task) => task()
