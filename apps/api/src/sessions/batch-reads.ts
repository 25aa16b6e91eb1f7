type Batch<Key, Reading> = { keys: Set<Key>; reading: PromiseWithResolvers<Reading> }

/**
 * Lets callers share readings that cover many keys at once, without ever handing out one that began before the caller asked: while
 * `atOnce` readings are under way, newcomers wait for the next one together. Costs one reading a key when it is quiet, and one for many
 * when it is not. A reading that fails fails those who wait for the next one too: where the database hangs, nobody waits out two time
 * limits in a row.
 *
 * @returns a function that resolves to a reading whose keys include the one asked for
 */
export function batchReads<Key, Reading>(
  read: (keys: readonly Key[]) => Promise<Reading>,
  { atOnce }: { atOnce: number },
): (key: Key) => Promise<Reading> {
  let underWay = 0
  let waiting: Batch<Key, Reading> | undefined

  async function begin(batch: Batch<Key, Reading>): Promise<void> {
    underWay += 1
    try {
      batch.reading.resolve(await read([...batch.keys]))
      underWay -= 1
    } catch (error) {
      underWay -= 1
      batch.reading.reject(error)
      waiting?.reading.reject(error)
      waiting = undefined
    }
    const next = waiting
    waiting = undefined
    if (next) void begin(next)
  }

  return (key) => {
    if (underWay < atOnce) {
      const batch = newBatch<Key, Reading>(key)
      void begin(batch)
      return batch.reading.promise
    }
    waiting ??= newBatch(key)
    waiting.keys.add(key)
    return waiting.reading.promise
  }
}

function newBatch<Key, Reading>(key: Key): Batch<Key, Reading> {
  return { keys: new Set([key]), reading: Promise.withResolvers() }
}
