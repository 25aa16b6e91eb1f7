/** A page's `searchParams`, once awaited. */
export type SearchParams = Record<string, string | string[] | undefined>

/** The trimmed value of a parameter; undefined where it is absent, empty or given twice. */
export function textParam(params: SearchParams, name: string): string | undefined {
  const value = params[name]
  return typeof value === 'string' ? value.trim() || undefined : undefined
}

/** As `textParam`, for a parameter that is one of these; any other value counts as absent. */
export function choiceParam<Choice extends string>(
  params: SearchParams,
  name: string,
  choices: readonly Choice[],
): Choice | undefined {
  const value = textParam(params, name)
  return choices.find((choice) => choice === value)
}
