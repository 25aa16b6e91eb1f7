type Batch<Key, Reading> = {
  keys: Set<Key>
  reading: PromiseWithResolvers<Reading>
  limit: NodeJS.Timeout
}

/**
 * Lets callers share readings that cover many keys at once, without ever handing out one that began before the caller asked: while
 * `atOnce` readings are under way, newcomers wait for the next one together. Costs one reading a key when it is quiet, and one for many
 * when it is not. A reading that fails fails those who wait for the next one too: where the database hangs, nobody waits out two time
 * limits in a row. Nobody waits longer than `limitMs` either, which is an error of a database that is away.
 *
 * @returns a function that resolves to a reading whose keys include the one asked for
 */
export function batchReads<Key, Reading>(
  read: (keys: readonly Key[]) => Promise<Reading>,
  { atOnce, limitMs }: { atOnce: number; limitMs: number },
): (key: Key) => Promise<Reading> {
  let underWay = 0
  let waiting: Batch<Key, Reading> | undefined

  function open(key: Key): Batch<Key, Reading> {
    const reading = Promise.withResolvers<Reading>()
    const batch = { keys: new Set([key]), reading, limit: setTimeout(giveUp, limitMs) }
    function giveUp(): void {
      // What goes on behind it still takes its room, so that a database that hangs is not asked more and more.
      if (waiting === batch) waiting = undefined
      reading.reject(overdue())
    }
    return batch
  }

  function fail({ reading, limit }: Batch<Key, Reading>, error: unknown): void {
    clearTimeout(limit)
    reading.reject(error)
  }

  async function begin(batch: Batch<Key, Reading>): Promise<void> {
    underWay += 1
    try {
      batch.reading.resolve(await read([...batch.keys]))
      underWay -= 1
      clearTimeout(batch.limit)
    } catch (error) {
      underWay -= 1
      fail(batch, error)
      if (waiting) fail(waiting, error)
      waiting = undefined
    }
    const next = waiting
    waiting = undefined
    if (next) void begin(next)
  }

  return (key) => {
    if (underWay < atOnce) {
      const batch = open(key)
      void begin(batch)
      return batch.reading.promise
    }
    waiting ??= open(key)
    waiting.keys.add(key)
    return waiting.reading.promise
  }
}

function overdue(): Error {
  return Object.assign(new Error('The database did not answer in time.'), { code: 'ETIMEDOUT' })
}
