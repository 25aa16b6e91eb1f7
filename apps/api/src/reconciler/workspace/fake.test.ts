import { createFakeWorkspaces } from './fake.ts'
import { describeSessionWorkspaces } from './port.contract.ts'

const root = 'tank/medforge/workspaces'
const workspaces = createFakeWorkspaces(root)

describeSessionWorkspaces('the fake', () => ({
  workspaces,
  root,
  listSnapshots: async (dataset) => workspaces.datasets.get(dataset) ?? [],
  write: async (dataset, bytes) => workspaces.write(dataset, bytes),
  removeFiles: async (dataset) => workspaces.removeFiles(dataset),
}))
