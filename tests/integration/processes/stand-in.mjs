// Stands in for the server or the reconciler: writes down what it is and what it hears into files beside itself.
import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename } from 'node:path'

const { pid, env } = process
const name = basename(import.meta.filename, '.mjs')
const file = (suffix) => `${import.meta.dirname}/${name}.${suffix}`
const life = setInterval(() => {}, 1000)

process.on('message', (message) => {
  appendFileSync(file('heard'), `${JSON.stringify(message)}\n`)
  if (name === 'reconciler') process.send({ type: 'changed', session_id: message.session_id })
})
process.on('SIGTERM', () => {
  appendFileSync(file('heard'), '"SIGTERM"\n')
  if (env.DOMAIN === 'stubborn') return
  clearInterval(life)
  process.disconnect()
})
process.on('SIGUSR2', () => process.send({ type: 'nudge', session_id: 'a' }))
process.on('SIGUSR1', () => process.send({ type: 'changed', session_id: 'forged' }))

const facts = {
  pid,
  env,
  uid: process.getuid(),
  gid: process.getgid(),
  groups: process.getgroups(),
}
writeFileSync(file('facts.new'), JSON.stringify(facts))
renameSync(file('facts.new'), file('facts'))
