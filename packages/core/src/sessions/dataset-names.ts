const UUID = '[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}'
const DATASET = new RegExp(
  `^(?<root>[A-Za-z0-9][A-Za-z0-9_-]*(?:/[A-Za-z0-9][A-Za-z0-9_-]*)+)/${UUID}/${UUID}$`,
)
const SNAPSHOT = /^(?<dataset>[^@]+)@(?:stop|death)-[0-9]{13}$/

/** ZFS itself accepts names such as `..`, so ours are checked before they become arguments: `<root>/<user uuid>/<session uuid>`. */
export function assertDataset(root: string, dataset: string): void {
  if (!isWorkspace(root, dataset)) {
    throw new Error('A workspace name is not one that the server makes.')
  }
}

/** Whether this is the name of a workspace below `root`. */
export function isWorkspace(root: string, name: string): boolean {
  return DATASET.exec(name)?.groups?.root === root
}

/** The dataset of the person whose workspace this is. */
export function personOf(dataset: string): string {
  return dataset.slice(0, dataset.lastIndexOf('/'))
}

/** The dataset of a person, for an id that the server made. */
export function personDataset(root: string, userId: string): string {
  const dataset = `${root}/${userId}`
  assertDataset(root, `${dataset}/${userId}`)
  return dataset
}

/** Whose dataset this is, by the person's id; undefined where it is nobody's. */
export function personIdOf(root: string, dataset: string): string | undefined {
  const id = dataset.slice(root.length + 1)
  return isWorkspace(root, `${dataset}/${id}`) ? id : undefined
}

/** As `assertDataset`, for `<dataset>@stop-<unixms>` and `<dataset>@death-<unixms>`; returns the dataset. */
export function assertSnapshot(root: string, name: string): string {
  const dataset = SNAPSHOT.exec(name)?.groups?.dataset ?? ''
  assertDataset(root, dataset)
  return dataset
}
