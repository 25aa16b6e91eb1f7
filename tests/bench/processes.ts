import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { setPriority } from 'node:os'

/** Bind every thread of a process to one core; what it starts later inherits that. */
export function pin(pid: number, core: number): void {
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    try {
      execFileSync('taskset', ['--cpu-list', '--pid', String(core), thread], { stdio: 'pipe' })
    } catch (error) {
      // One that has ended meanwhile needs no core.
      if (existsSync(`/proc/${pid}/task/${thread}`)) throw error
    }
  }
}

/**
 * Give this process and its children, with every thread that they have now, another priority; what they start later inherits it. Not a
 * real-time one: the kernel takes a twentieth of each second from those.
 */
export function prioritize(priority: number): void {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ')
  for (const pid of [String(process.pid), ...children.filter(Boolean)]) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      try {
        setPriority(Number(thread), priority)
      } catch {
        // It has ended meanwhile, or only root may.
      }
    }
  }
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
