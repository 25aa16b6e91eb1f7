/** Arguments of a call after the database; the rows that its queries find, in their order, where one made-up row each would lead astray. */
export type SqlSample<Arguments> =
  | Arguments
  | { args: Arguments; rows: readonly (readonly object[])[] }

/**
 * Calls that put the SQL of a module on record: for each of its functions that ask the database one, or several, each under a title.
 * `tests/sql` makes them and writes what they ask beside the module.
 */
export type SqlSamples<Module> = {
  [Name in keyof Module as Module[Name] extends (...args: never) => Promise<unknown>
    ? Name
    : never]: Module[Name] extends (db: never, ...args: infer Arguments) => Promise<unknown>
    ? SqlSample<Arguments> | { readonly [title: string]: SqlSample<Arguments> }
    : never
}
