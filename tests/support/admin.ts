import { type Installation, REPOSITORY, runOnHost } from './installation.ts'
import { logIn, type Person } from './person.ts'

/** Sign in as the first administrator, with a new password from the operator's command, which is printed once. */
export async function becomeAdmin(installation: Installation): Promise<Person> {
  const email = installation.settings.INITIAL_ADMIN_EMAIL ?? ''
  const output = await runOnHost(`${REPOSITORY}/medforge`, 'users', 'reset-password', email)
  const [, password] = /^New password of \S+: (\S+)$/m.exec(output) ?? []
  if (password === undefined) throw new Error(`No password was printed: ${output}`)
  return logIn(installation, email, password)
}
