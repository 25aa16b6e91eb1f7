import type { Table } from './spec.ts'

/** How many ids a table has. */
export function countCases(table: Table): number {
  switch (table.kind) {
    case 'labels':
      return table.labels.length
    case 'boxes':
      return table.images.length
    case 'numbers':
      return table.columns[0]?.length ?? 0
    case 'masks':
      return table.bounds.length / 2
  }
}

/** A table with the cases at these places, some of them perhaps more than once. Shares the boxes and runs of the one that it is made from. */
export function pickCases(table: Table, places: Uint32Array): Table {
  switch (table.kind) {
    case 'labels': {
      const labels = new Int32Array(places.length)
      for (let at = 0; at < places.length; at += 1) {
        labels[at] = table.labels[places[at] as number] as number
      }
      return { kind: 'labels', labels }
    }
    case 'boxes':
      return { kind: 'boxes', images: Array.from(places, (place) => table.images[place] ?? []) }
    case 'numbers':
      return { kind: 'numbers', columns: table.columns.map((column) => pick(column, places)) }
    case 'masks': {
      const bounds = new Uint32Array(2 * places.length)
      for (let at = 0; at < places.length; at += 1) {
        const place = places[at] as number
        bounds[2 * at] = table.bounds[2 * place] as number
        bounds[2 * at + 1] = table.bounds[2 * place + 1] as number
      }
      return { kind: 'masks', runs: table.runs, bounds }
    }
  }
}

function pick(column: Float64Array, places: Uint32Array): Float64Array {
  const picked = new Float64Array(places.length)
  for (let at = 0; at < places.length; at += 1) picked[at] = column[places[at] as number] as number
  return picked
}
