import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'

/** Bind every thread of a process to one core; what it starts later inherits that. */
export function pin(pid: number, core: number): void {
  execFileSync('taskset', ['--all-tasks', '--cpu-list', '--pid', String(core), String(pid)])
}

/** Let a process, and what it starts later, run before all other work of the machine. Where the host does not allow that, nothing changes. */
export function prefer(pid: number): void {
  try {
    execFileSync('chrt', ['--all-tasks', '--rr', '--pid', '1', String(pid)], { stdio: 'ignore' })
  } catch {}
}

export type CpuTime = {
  /** Seconds on a core, all threads together. */
  used: number
  /** Seconds in which a thread could have run and something else had the core. */
  waited: number
}

export function readCpuTime(pid: number): CpuTime {
  const total = { used: 0, waited: 0 }
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const [used, waited] = readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')
    total.used += Number(used) / 1e9
    total.waited += Number(waited) / 1e9
  }
  return total
}

export function readRssBytes(pid: number): number {
  const [, kilobytes] =
    /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return Number(kilobytes ?? 0) * 1024
}

export function countOpenFiles(pid: number): number {
  return readdirSync(`/proc/${pid}/fd`).length
}
